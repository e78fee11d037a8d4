package page

import "html/template"

// icons are drawn on 20 by 20 with strokes, in the colour of the text.
var icons = map[string]string{
	"overview": `<path d="M3 9.5 10 3.5l7 6V16a1 1 0 0 1-1 1h-4v-4.5H8V17H4a1 1 0 0 1-1-1z"/>`,
	"users":    `<circle cx="7.5" cy="7" r="3"/><path d="M2 16.5c.6-3 2.7-4.5 5.5-4.5s4.9 1.5 5.5 4.5M13 4.3a3 3 0 0 1 0 5.4M15 12.5c1.6.6 2.6 2 3 4"/>`,
	"groups":   `<circle cx="10" cy="5" r="2.2"/><circle cx="4.7" cy="14.5" r="2.2"/><circle cx="15.3" cy="14.5" r="2.2"/><path d="M10 7.2v3M10 10.2l-3.9 2.7M10 10.2l3.9 2.7"/>`,
	"audit":    `<path d="M5 3h7l3.5 3.5V17H5z"/><path d="M12 3v3.5h3.5M7.5 10h5.5M7.5 13.2h5.5"/>`,
	"signins":  `<path d="M11 3h5v14h-5M3 10h9M9 6.8l3.2 3.2L9 13.2"/>`,
	"policies": `<path d="M10 2.8l6 2.3v4.5c0 3.7-2.5 6.4-6 7.6-3.5-1.2-6-3.9-6-7.6V5.1z"/><path d="M7.4 9.9l1.9 1.9 3.4-3.7"/>`,
	"search":   `<circle cx="8.8" cy="8.8" r="5.3"/><path d="M12.8 12.8 17 17"/>`,
	"plus":     `<path d="M10 4v12M4 10h12"/>`,
	"machines": `<rect x="3" y="3.5" width="14" height="5.5" rx="1.2"/><rect x="3" y="11" width="14" height="5.5" rx="1.2"/><path d="M6 6.2h.01M6 13.8h.01M9 6.2h5M9 13.8h5"/>`,
	"check":    `<path d="M4 10.5l4 4 8-9"/>`,
	"warn":     `<path d="M10 3 18 16.5H2z"/><path d="M10 8v4M10 14.2v.3"/>`,
	"copy":     `<rect x="7" y="7" width="9.5" height="9.5" rx="1.5"/><path d="M4.5 13H4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1h8a1 1 0 0 1 1 1v.5"/>`,
	"menu":     `<path d="M3 5.5h14M3 10h14M3 14.5h14"/>`,
	"shell":    `<path d="M4 5.5 8.5 10 4 14.5M10.5 15H16"/>`,
	"lock":     `<rect x="4.5" y="9" width="11" height="8" rx="1.5"/><path d="M7 9V6.5a3 3 0 0 1 6 0V9"/>`,
	"shield":   `<path d="M10 2.8l6 2.3v4.5c0 3.7-2.5 6.4-6 7.6-3.5-1.2-6-3.9-6-7.6V5.1z"/>`,
	"chevron":  `<path d="M7 4.5l5.5 5.5L7 15.5"/>`,
	"key":      `<circle cx="6.5" cy="13.5" r="3.5"/><path d="M9 11l7.5-7.5M13.5 6.5l2.5 2.5"/>`,
	"x":        `<path d="M5 5l10 10M15 5 5 15"/>`,
}

// icon draws a sign that only repeats what the text beside it says.
func icon(name string) template.HTML {
	return template.HTML(`<svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">` + icons[name] + `</svg>`)
}
