package page

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"
)

// Point is what happened in one span of time.
type Point struct {
	At        time.Time // where the span begins
	Good, Bad int
}

// Chart is how much happened over time, with what was refused laid over it.
type Chart struct {
	ID     string // of the drawing in its page
	Points []Point
	Step   time.Duration
	Height int
	Label  string // what is drawn, for who cannot see it
}

const chartWidth = 720

// Draw draws the chart as SVG. A table beside it says the same in words.
func (c Chart) Draw() template.HTML {
	if len(c.Points) < 2 {
		return ""
	}
	most := 1
	for _, p := range c.Points {
		most = max(most, p.Good, p.Bad)
	}
	most = roundUp(most)
	height := float64(c.Height)
	const foot, head = 26.0, 6.0 // room for the marks, which are larger on a phone
	x := func(i int) float64 { return float64(i) * chartWidth / float64(len(c.Points)-1) }
	y := func(n int) float64 { return head + (height-foot-head)*(1-float64(n)/float64(most)) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %d %d" role="img" aria-labelledby="%s-t"><title id="%s-t">%s</title>`,
		chartWidth, c.Height, c.ID, c.ID, template.HTMLEscapeString(c.Label))
	for _, n := range []int{most, most / 2} {
		if n > 0 {
			fmt.Fprintf(&b, `<path class="grid" d="M0 %.1fH%d"/><text class="mark" x="0" y="%.1f">%s</text>`, y(n), chartWidth, y(n)+11, Number(n))
		}
	}
	area := func(class string, of func(Point) int) {
		line := path(len(c.Points), x, func(i int) float64 { return y(of(c.Points[i])) })
		fmt.Fprintf(&b, `<path class="area %s" d="%s L%.1f %.1f L0 %.1f Z"/><path class="line %s" d="%s"/>`,
			class, line, float64(chartWidth), y(0), y(0), class, line)
	}
	area("good", func(p Point) int { return p.Good })
	area("bad", func(p Point) int { return p.Bad })
	fmt.Fprintf(&b, `<path class="axis" d="M0 %.1fH%d"/>`, y(0), chartWidth)
	for i, p := range c.Points {
		if mark := c.mark(p.At); mark != "" && i > 0 && i < len(c.Points)-1 {
			fmt.Fprintf(&b, `<text class="mark" text-anchor="middle" x="%.1f" y="%d">%s</text>`, x(i), c.Height-4, mark)
		}
	}
	// A strip for each point, whose title tells its numbers to who points there.
	w := float64(chartWidth) / float64(len(c.Points)-1)
	for i, p := range c.Points {
		fmt.Fprintf(&b, `<rect class="tip" x="%.1f" y="0" width="%.1f" height="%.1f"><title>%s: %s, %s</title></rect>`,
			x(i)-w/2, w, height-foot, p.At.UTC().Format("Mon 15:04 UTC"), Count(p.Good, "sign-in", "sign-ins"), Count(p.Bad, "refusal", "refusals"))
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// mark is what stands below a span: every fourth hour, or noon of each day.
func (c Chart) mark(at time.Time) string {
	at = at.UTC()
	switch {
	case c.Step >= 6*time.Hour && at.Hour() == 12:
		return at.Format("Mon 2")
	case c.Step < 6*time.Hour && at.Hour()%4 == 0 && at.Minute() == 0:
		return at.Format("15:04")
	}
	return ""
}

// path draws a line through points that never leaves the range of its neighbours.
func path(n int, x func(int) float64, y func(int) float64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "M%.1f %.1f", x(0), y(0))
	for i := 1; i < n; i++ {
		mid := (x(i-1) + x(i)) / 2
		fmt.Fprintf(&b, " C%.1f %.1f %.1f %.1f %.1f %.1f", mid, y(i-1), mid, y(i), x(i), y(i))
	}
	return b.String()
}

// roundUp returns the next number that is good to read at the edge of a chart.
func roundUp(n int) int {
	if n <= 2 {
		return 2
	}
	p := int(math.Pow10(int(math.Log10(float64(n)))))
	for _, m := range []int{1, 2, 4, 6, 8, 10} {
		if m*p >= n {
			return m * p
		}
	}
	return n
}

// Totals are the sums over the chart.
func (c Chart) Totals() (good, bad int) {
	for _, p := range c.Points {
		good, bad = good+p.Good, bad+p.Bad
	}
	return good, bad
}
