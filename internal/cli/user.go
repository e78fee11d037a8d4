package cli

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/selfsame-dev/selfsame/internal/client"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

// userDoc is what the text output shows of a person.
type userDoc struct {
	ID          string                 `json:"id"`
	DisplayName string                 `json:"displayName"`
	UPN         string                 `json:"userPrincipalName"`
	Login       string                 `json:"onPremisesSamAccountName"`
	Enabled     bool                   `json:"accountEnabled"`
	Mail        string                 `json:"mail"`
	Title       string                 `json:"jobTitle"`
	Department  string                 `json:"department"`
	Created     string                 `json:"createdDateTime"`
	Password    *graph.PasswordProfile `json:"passwordProfile"`
	Own         struct {
		UID       uint32    `json:"uidNumber"`
		GID       uint32    `json:"gidNumber"`
		SID       string    `json:"sid"`
		DN        string    `json:"dn"`
		Locked    time.Time `json:"lockedUntil"`
		Must      bool      `json:"mustChangePassword"`
		Set       time.Time `json:"passwordSet"`
		Expires   time.Time `json:"accountExpires"`
		Protected bool      `json:"protected"`
	} `json:"selfsame"`
}

func (u *userDoc) state() string {
	switch {
	case !u.Enabled:
		return "disabled"
	case !u.Own.Expires.IsZero() && u.Own.Expires.Before(time.Now()):
		return "expired"
	case !u.Own.Locked.IsZero():
		return "locked"
	case u.Own.Must:
		return "must change password"
	}
	return "enabled"
}

func (e *env) userCommand() *cobra.Command {
	return noun("user", "Add, show and change people", e.userAdd(), e.userShow(), e.userList(), e.userSet(), e.userReset(), e.userRename(), e.sshKeyCommand(),
		e.userSwitch("enable", "Let a person sign in again", true, "is enabled"),
		e.userSwitch("disable", "Switch a person off and sign them out everywhere", false, "is disabled and signed out everywhere"),
		e.userPost("unlock", "Let a person sign in again whom wrong passwords locked out", "is unlocked", func(n string) string { return client.Path("selfsame", "v1", "users", n, "unlock") }),
		e.userPost("sign-out", "End everything a person has signed in to", "is signed out everywhere", func(n string) string { return client.Path("v1.0", "users", n, "revokeSignInSessions") }),
		e.userDelete())
}

func (e *env) userAdd() *cobra.Command {
	var display, upn, passwordFile string
	var noMust, disabled bool
	var groups, roles, sets []string
	var uid uint32
	c := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a person",
		Long: "Add a person. NAME is the login name, or the user name on a domain (alice@lab.example).\n" +
			"Without --password-file a password is generated and shown once; it must be changed at the first sign-in.",
		Example: "  selfsame user add alice --display-name \"Alice Liddell\" --group \"Data Scientists\"",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			doc := graph.Object{"accountEnabled": !disabled}
			login, _, onDomain := strings.Cut(args[0], "@")
			doc["mailNickname"] = strings.ToLower(login)
			if onDomain {
				doc["userPrincipalName"] = args[0]
			} else {
				doc["mailNickname"] = args[0]
			}
			if upn != "" {
				doc["userPrincipalName"] = upn
			}
			if display != "" {
				doc["displayName"] = display
			}
			if uid != 0 {
				doc["uidNumber"] = uid
			}
			if len(groups) > 0 {
				doc["groups"] = groups
			}
			if len(roles) > 0 {
				doc["roles"] = roles
			}
			if err := assign(doc, sets); err != nil {
				return err
			}
			pw := graph.PasswordProfile{Force: !noMust}
			if passwordFile != "" {
				s, err := e.secret(passwordFile, "")
				if err != nil {
					return err
				}
				pw.Password = s
			}
			doc["passwordProfile"] = pw
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), "POST", "/v1.0/users", nil, doc, &raw); err != nil {
				return err
			}
			return e.print(raw, func() error { return e.showNewUser(raw) })
		},
	}
	f := c.Flags()
	f.StringVar(&display, "display-name", "", "full `name`")
	f.StringVar(&upn, "upn", "", "`user name` on a verified domain")
	f.StringVar(&passwordFile, "password-file", "", "`file` whose first line is the password; - for standard input")
	f.BoolVar(&noMust, "no-must-change", false, "the password need not be changed at the first sign-in")
	f.BoolVar(&disabled, "disabled", false, "the account is switched off")
	f.StringArrayVar(&groups, "group", nil, "`group` to join; may be repeated")
	f.StringArrayVar(&roles, "role", nil, "directory `role` to hold; may be repeated")
	f.StringArrayVar(&sets, "set", nil, "property as `name=value`, such as department=Vision; may be repeated")
	f.Uint32Var(&uid, "uid", 0, "user `number` brought along from another system")
	return c
}

// assign reads name=value pairs into a document.
func assign(doc graph.Object, sets []string) error {
	for _, s := range sets {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return fault.New(fault.Invalid, "%q is not name=value", s)
		}
		doc[name] = value
		switch {
		case value == "":
			doc[name] = nil
		case value == "true", value == "false":
			doc[name] = value == "true"
		case name == "uidNumber" || name == "gidNumber":
			n, err := strconv.Atoi(value)
			if err != nil {
				return fault.New(fault.Invalid, "%s is a whole number", name).WithField(name)
			}
			doc[name] = n
		case name == "businessPhones" || name == "proxyAddresses":
			doc[name] = strings.Split(value, ",")
		}
	}
	return nil
}

func (e *env) showNewUser(raw json.RawMessage) error {
	var u userDoc
	if err := json.Unmarshal(raw, &u); err != nil {
		return err
	}
	e.say("%s is added: uid %d.", u.Login, u.Own.UID)
	if u.Password != nil && u.Password.Password != "" {
		e.say("Password, shown this once: %s", u.Password.Password)
	}
	return nil
}

func (e *env) userShow() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show a person", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), "GET", client.Path("v1.0", "users", args[0]), nil, nil, &raw); err != nil {
				return err
			}
			return e.print(raw, func() error {
				var u userDoc
				if err := json.Unmarshal(raw, &u); err != nil {
					return err
				}
				var in graph.List[struct {
					Name string `json:"displayName"`
				}]
				if err := e.api().Do(cmd.Context(), "GET", client.Path("v1.0", "users", u.ID, "transitiveMemberOf"), nil, nil, &in); err != nil {
					return err
				}
				var groups []string
				for _, g := range in.Value {
					groups = append(groups, g.Name)
				}
				return e.showUser(&u, groups)
			})
		},
	}
}

func (e *env) showUser(u *userDoc, groups []string) error {
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, value)
		}
	}
	row("Name", u.DisplayName)
	row("Login name", u.Login)
	row("User name", u.UPN)
	row("State", u.state())
	row("Number", fmt.Sprintf("uid %d, gid %d", u.Own.UID, u.Own.GID))
	row("Groups", strings.Join(groups, ", "))
	row("Mail", u.Mail)
	row("Job title", u.Title)
	row("Department", u.Department)
	if !u.Own.Set.IsZero() {
		row("Password set", u.Own.Set.Local().Format(time.DateTime))
	}
	if !u.Own.Locked.IsZero() {
		row("Locked until", u.Own.Locked.Local().Format(time.DateTime))
	}
	if !u.Own.Expires.IsZero() {
		row("Expires", u.Own.Expires.Local().Format(time.DateTime))
	}
	if u.Own.Protected {
		row("Protected", "yes: administers or gives rights")
	}
	row("Object id", u.ID)
	row("SID", u.Own.SID)
	row("DN", u.Own.DN)
	return w.Flush()
}

func (e *env) userList() *cobra.Command {
	var search, filter string
	c := &cobra.Command{
		Use: "list", Short: "List people", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q := url.Values{"$top": {"999"}}
			if search != "" {
				q.Set("$search", search)
			}
			if filter != "" {
				q.Set("$filter", filter)
			}
			all, err := e.all(cmd, "/v1.0/users", q)
			if err != nil {
				return err
			}
			return e.printAll(all, "LOGIN NAME\tUID\tNAME\tSTATE", func(raw json.RawMessage) (string, error) {
				var u userDoc
				err := json.Unmarshal(raw, &u)
				return fmt.Sprintf("%s\t%d\t%s\t%s", u.Login, u.Own.UID, u.DisplayName, u.state()), err
			})
		},
	}
	c.Flags().StringVar(&search, "search", "", "only those whose name begins so")
	c.Flags().StringVar(&filter, "filter", "", "an OData `filter`, such as \"department eq 'Vision'\"")
	return c
}

// all reads every page of a collection.
func (e *env) all(cmd *cobra.Command, path string, q url.Values) ([]json.RawMessage, error) {
	return client.All[json.RawMessage](cmd.Context(), e.api(), path, q)
}

// printAll writes a list: an array with --json, else a table.
func (e *env) printAll(all []json.RawMessage, head string, line func(json.RawMessage) (string, error)) error {
	if e.json {
		if all == nil {
			all = []json.RawMessage{}
		}
		raw, err := json.Marshal(graph.List[json.RawMessage]{Value: all})
		if err != nil {
			return err
		}
		return e.print(raw, nil)
	}
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, head)
	for _, raw := range all {
		s, err := line(raw)
		if err != nil {
			return err
		}
		fmt.Fprintln(w, s)
	}
	return w.Flush()
}

func (e *env) userSet() *cobra.Command {
	return &cobra.Command{
		Use:     "set NAME PROPERTY=VALUE...",
		Short:   "Change a person's properties",
		Long:    "Change a person's properties, named as in the API: displayName, mail, department, jobTitle, loginShell,\nuserPrincipalName, accountExpires and the rest. An empty value removes one.",
		Example: "  selfsame user set alice department=Vision accountExpires=2027-03-31",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			doc := graph.Object{}
			if err := assign(doc, args[1:]); err != nil {
				return err
			}
			if err := e.api().Do(cmd.Context(), "PATCH", client.Path("v1.0", "users", args[0]), nil, doc, nil); err != nil {
				return err
			}
			e.say("%s is changed.", args[0])
			return nil
		},
	}
}

func (e *env) userReset() *cobra.Command {
	var passwordFile string
	var noMust bool
	c := &cobra.Command{
		Use: "reset-password NAME", Short: "Give a person a new password", Args: cobra.ExactArgs(1),
		Long: "Give a person a new password, generated and shown once unless --password-file names one. It unlocks the\naccount and signs the person out everywhere.",
		RunE: func(cmd *cobra.Command, args []string) error {
			pw := graph.PasswordProfile{Force: !noMust}
			if passwordFile != "" {
				s, err := e.secret(passwordFile, "")
				if err != nil {
					return err
				}
				pw.Password = s
			}
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), "PATCH", client.Path("v1.0", "users", args[0]), nil, graph.Object{"passwordProfile": pw}, &raw); err != nil {
				return err
			}
			if raw == nil {
				raw = json.RawMessage("{}")
			}
			return e.print(raw, func() error {
				e.say("%s has a new password and is signed out everywhere.", args[0])
				return e.showPassword(raw)
			})
		},
	}
	c.Flags().StringVar(&passwordFile, "password-file", "", "`file` whose first line is the password; - for standard input")
	c.Flags().BoolVar(&noMust, "no-must-change", false, "it need not be changed at the next sign-in")
	return c
}

func (e *env) showPassword(raw json.RawMessage) error {
	var u userDoc
	if err := json.Unmarshal(raw, &u); err != nil {
		return err
	}
	if u.Password != nil && u.Password.Password != "" {
		e.say("Password, shown this once: %s", u.Password.Password)
	}
	return nil
}

func (e *env) userRename() *cobra.Command {
	return &cobra.Command{
		Use: "rename NAME NEW", Short: "Give a person another login name", Args: cobra.ExactArgs(2),
		Long: "Give a person another login name. Numbers, files, groups and the object id stay; homes keep their old path.",
		RunE: func(cmd *cobra.Command, args []string) error {
			err := e.api().Do(cmd.Context(), "POST", client.Path("selfsame", "v1", "users", args[0], "rename"), nil, map[string]string{"name": args[1]}, nil)
			if err == nil {
				e.say("%s is now %s.", args[0], args[1])
			}
			return err
		},
	}
}

func (e *env) userSwitch(verb, short string, on bool, done string) *cobra.Command {
	return &cobra.Command{
		Use: verb + " NAME", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			err := e.api().Do(cmd.Context(), "PATCH", client.Path("v1.0", "users", args[0]), nil, graph.Object{"accountEnabled": on}, nil)
			if err == nil {
				e.say("%s %s.", args[0], done)
			}
			return err
		},
	}
}

func (e *env) userPost(verb, short, done string, path func(string) string) *cobra.Command {
	return &cobra.Command{
		Use: verb + " NAME", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			err := e.api().Do(cmd.Context(), "POST", path(args[0]), nil, nil, nil)
			if err == nil {
				e.say("%s %s.", args[0], done)
			}
			return err
		},
	}
}

func (e *env) userDelete() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "delete NAME", Short: "Remove a person", Args: cobra.ExactArgs(1),
		Long: "Remove a person, with memberships, roles and password. The number and the object id are never given out\nagain; files keep the number. To keep the account for a time, disable it instead.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := e.confirm(yes, fmt.Sprintf("%s is removed for good.", args[0])); err != nil {
				return err
			}
			err := e.api().Do(cmd.Context(), "DELETE", client.Path("v1.0", "users", args[0]), nil, nil, nil)
			if err == nil {
				e.say("%s is removed.", args[0])
			}
			return err
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}
