package portal

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/net/httpd"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// noteCookie carries what was done to the page that follows, which shows it once.
// It holds a code, not the words: a link cannot make the portal say something.
const noteCookie = "note"

// said is what is shown after something was done. %s is whom it was done to.
var said = map[string][2]string{
	"disabled":        {"%s is disabled.", "Signed out everywhere. Enable takes it back; files, groups and numbers stay."},
	"enabled":         {"%s is enabled.", "The password is the one from before."},
	"unlocked":        {"%s is unlocked.", "The next right password signs in."},
	"signedOut":       {"%s is signed out everywhere.", "The password still holds."},
	"deleted":         {"%s is deleted.", "The number and the object id are never given out again."},
	"policy":          {"The password policy %s is saved.", "It holds from now on."},
	"renamed":         {"%s is the name from now on.", "Signed out everywhere. Password, groups, roles and numbers are the same."},
	"ends":            {"The end of %s is saved.", ""},
	"endless":         {"%s has no end.", ""},
	"saved":           {"The profile of %s is saved.", ""},
	"described":       {"%s is saved.", ""},
	"joined":          {"%s has one more member.", "On machines it holds when their cache is renewed, or at the next sign-in."},
	"left":            {"%s has one member less.", "On machines it holds when their cache is renewed, or at the next sign-in."},
	"owned":           {"%s has one more owner.", ""},
	"disowned":        {"%s has one owner less.", ""},
	"assigned":        {"%s holds the role.", "It holds at once."},
	"groupUnassigned": {"%s no longer holds the role.", "Its members are signed out everywhere, so that nothing given out before holds on."},
	"unassigned":      {"%s no longer holds the role.", "Signed out everywhere, so that nothing given out before holds on."},
	"made":            {"%s is created.", ""},
	"ended":           {"The session is ended.", "That browser has to sign in again."},
	"buried":          {"%s is buried.", "Its names are free, and what it proved no longer holds."},
	"access":          {"Who may sign in on %s is saved.", "The machine follows once its sssd.conf says so: the lines are below."},
	"keys":            {"The SSH keys of %s are saved.", "Machines follow when their cache is renewed."},
	"rule":            {"The rule %s is added.", "Machines read it within a quarter of an hour. Who it names is protected from now on."},
	"unruled":         {"The rule %s is removed.", "Machines follow within a quarter of an hour."},
	"kept":            {"Good.", "Without the recovery key no backup can be read: keep it apart from this server."},
}

// done redirects to a page that says what was done.
func (v *visit) done(to, code, name string) error {
	httpd.SetCookie(v.w, noteCookie, url.QueryEscape(code+" "+name), time.Minute)
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// takeNote returns what was just done, once.
func (v *visit) takeNote() *page.Note {
	c := httpd.Cookie(v.r, noteCookie)
	if c == "" || v.r.Method != http.MethodGet {
		return nil
	}
	httpd.ClearCookie(v.w, noteCookie)
	text, err := url.QueryUnescape(c)
	code, name, _ := strings.Cut(text, " ")
	words, ok := said[code]
	if err != nil || !ok {
		return nil
	}
	return &page.Note{Text: strings.ReplaceAll(words[0], "%s", name), Hint: words[1]}
}
