// Package api is the management API: Graph's documents and paths where Graph has
// the thing, ours under /selfsame/v1 for the rest. The command line and scripts
// are its callers, the portal's pages show the call that does the same.
//
// What always holds: it translates and decides nothing. Who is asking comes from
// the listener, as an actor; what they may do, core says.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/machine"
	"github.com/selfsame-dev/selfsame/internal/core/zone"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

// Keeper does what concerns the whole installation, for root: it belongs to the
// daemon, which owns the files.
type Keeper interface {
	Backup(ctx context.Context, by ident.Actor, path string) error
	VerifyAudit(ctx context.Context) (any, error)
	Status(ctx context.Context) any
}

// Config says what the API stands on.
type Config struct {
	Directory *directory.Directory
	Machines  *machine.Machines
	Keeper    Keeper
	Zone      *zone.Zone // nil: this server serves no names
	// Actor says who asks; the listener knows.
	Actor func(*http.Request) (ident.Actor, error)
	// Tickets says that Actor takes them, so that clients are told to send one.
	Tickets bool
	Log     *slog.Logger
}

// Server answers the API.
type Server struct {
	cfg Config
	mux *http.ServeMux
}

// New returns the API.
func New(cfg Config) *Server {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, mux: http.NewServeMux()}
	for pattern, h := range s.routes() {
		s.mux.HandleFunc(pattern, s.handle(h))
	}
	return s
}

// maxBody bounds a request's document. The largest is a list of members to add.
const maxBody = 4 << 20

// call is one request under way.
type call struct {
	s   *Server
	w   http.ResponseWriter
	r   *http.Request
	as  directory.As
	dir *directory.Directory
}

// handler answers with a document and a status; a nil document sends no body.
type handler func(*call) (status int, doc any, err error)

func (s *Server) routes() map[string]handler {
	return map[string]handler{
		"GET /v1.0/me":                                               me,
		"GET /v1.0/users":                                            listUsers,
		"POST /v1.0/users":                                           createUser,
		"GET /v1.0/users/{id}":                                       getUser,
		"PATCH /v1.0/users/{id}":                                     updateUser,
		"DELETE /v1.0/users/{id}":                                    deleteUser,
		"GET /v1.0/users/{id}/memberOf":                              memberOf(false),
		"GET /v1.0/users/{id}/transitiveMemberOf":                    memberOf(true),
		"POST /v1.0/users/{id}/revokeSignInSessions":                 revoke,
		"GET /v1.0/groups":                                           listGroups,
		"POST /v1.0/groups":                                          createGroup,
		"GET /v1.0/groups/{id}":                                      getGroup,
		"PATCH /v1.0/groups/{id}":                                    updateGroup,
		"DELETE /v1.0/groups/{id}":                                   deleteGroup,
		"GET /v1.0/groups/{id}/members":                              members(false),
		"GET /v1.0/groups/{id}/transitiveMembers":                    members(true),
		"POST /v1.0/groups/{id}/members/$ref":                        addMember,
		"DELETE /v1.0/groups/{id}/members/{member}/$ref":             removeMember,
		"GET /v1.0/groups/{id}/owners":                               owners,
		"GET /v1.0/devices":                                          listDevices,
		"GET /v1.0/devices/{id}":                                     getDevice,
		"DELETE /v1.0/devices/{id}":                                  buryDevice,
		"POST /selfsame/v1/machines":                                 presetMachine,
		"POST /selfsame/v1/machines/{id}/reset":                      resetMachine,
		"GET /selfsame/v1/machines/{id}/access":                      getAccess,
		"PUT /selfsame/v1/machines/{id}/access":                      setAccess,
		"GET /selfsame/v1/machines/files":                            hostFiles,
		"GET /selfsame/v1/sudo":                                      listSudo,
		"POST /selfsame/v1/sudo":                                     createSudo,
		"GET /selfsame/v1/sudo/{name}":                               getSudo,
		"DELETE /selfsame/v1/sudo/{name}":                            deleteSudo,
		"GET /selfsame/v1/users/{id}/sshKeys":                        listKeys,
		"POST /selfsame/v1/users/{id}/sshKeys":                       addKey,
		"DELETE /selfsame/v1/users/{id}/sshKeys":                     removeKey,
		"GET /selfsame/v1/automount":                                 listMaps,
		"POST /selfsame/v1/automount/{map}":                          setMount,
		"DELETE /selfsame/v1/automount/{map}":                        deleteMount,
		"GET /v1.0/roleManagement/directory/roleDefinitions":         roleDefinitions,
		"GET /v1.0/roleManagement/directory/roleAssignments":         roleAssignments,
		"POST /v1.0/roleManagement/directory/roleAssignments":        assignRole,
		"DELETE /v1.0/roleManagement/directory/roleAssignments/{id}": unassignRole,
		"GET /v1.0/auditLogs/signIns":                                signIns,
		"GET /v1.0/auditLogs/directoryAudits":                        directoryAudits,
		"GET /v1.0/organization":                                     organization,
		"POST /selfsame/v1/users/{id}/unlock":                        unlock,
		"POST /selfsame/v1/users/{id}/rename":                        rename,
		"POST /selfsame/v1/groups/{id}/members":                      changeMembers,
		"GET /selfsame/v1/audit":                                     searchAudit,
		"GET /selfsame/v1/audit/export":                              exportAudit,
		"GET /selfsame/v1/audit/verify":                              verifyAudit,
		"GET /selfsame/v1/policies/networks":                         listNetworks,
		"PUT /selfsame/v1/policies/networks/{name}":                  setNetwork,
		"DELETE /selfsame/v1/policies/networks/{name}":               deleteNetwork,
		"POST /selfsame/v1/policies/legacyBind":                      legacyBind,
		"GET /selfsame/v1/policies/tickets":                          showTickets,
		"PUT /selfsame/v1/policies/tickets":                          setTickets,
		"GET /selfsame/v1/realm":                                     showRealm,
		"POST /selfsame/v1/realm/roll":                               rollRealm,
		"GET /selfsame/v1/policies/passwords":                        listPasswordPolicies,
		"PUT /selfsame/v1/policies/passwords/{id}":                   setPasswordPolicy,
		"DELETE /selfsame/v1/policies/passwords/{id}":                deletePasswordPolicy,
		"GET /selfsame/v1/dns/records":                               listRecords,
		"PUT /selfsame/v1/dns/records/{name}/{type}":                 setRecord,
		"DELETE /selfsame/v1/dns/records/{name}/{type}":              deleteRecord,
		"DELETE /selfsame/v1/dns/records/{name}":                     deleteRecord,
		"POST /selfsame/v1/backup":                                   backup,
		"POST /selfsame/v1/admin/reset":                              resetAdministrator,
		"GET /selfsame/v1/status":                                    status,
	}
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, pattern := s.mux.Handler(r); pattern == "" {
		s.fail(w, r, fault.New(fault.NotFound, "there is nothing at %s %s", r.Method, r.URL.Path))
		return
	}
	s.mux.ServeHTTP(w, r)
}

func (s *Server) handle(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		actor, err := s.cfg.Actor(r)
		if err == nil && actor.Limit() != ident.Unlimited {
			err = fault.New(fault.Denied, "the password must be changed first").WithCode(fault.CodeMustChange).WithHint("sign in at the portal and choose a new one")
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
		c := &call{s: s, w: w, r: r, as: s.cfg.Directory.As(actor), dir: s.cfg.Directory}
		status, doc, err := h(c)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if status == 0 {
			return // the handler wrote the answer itself
		}
		if doc == nil {
			w.WriteHeader(status)
			return
		}
		write(w, status, doc)
	}
}

func write(w http.ResponseWriter, status int, doc any) {
	body, err := json.Marshal(doc)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":{"code":"internal","message":"the answer cannot be written"}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// fail answers with a fault.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, code := statusOf(err)
	e := graph.Error{Code: code, Message: fault.Message(err), Hint: fault.Hint(err)}
	if f := fault.Of(err); f != nil {
		e.Target = f.Field
	}
	if id := w.Header().Get("X-Request-Id"); id != "" {
		e.Inner = &graph.InnerBody{Date: s.cfg.Directory.Now().Truncate(time.Second), RequestID: id}
	}
	if status == http.StatusUnauthorized && s.cfg.Tickets {
		w.Header().Set("WWW-Authenticate", "Negotiate")
	}
	if status >= 500 {
		s.cfg.Log.Error("api", "method", r.Method, "path", r.URL.Path, "err", err)
	}
	write(w, status, graph.ErrorBody{Error: e})
}

// statusOf is the only place in api that knows both vocabularies. Codes are
// Graph's where a client branches on them.
func statusOf(err error) (status int, code string) {
	switch fault.KindOf(err) {
	case fault.Invalid:
		return http.StatusBadRequest, "Request_BadRequest"
	case fault.NotFound:
		return http.StatusNotFound, "Request_ResourceNotFound"
	case fault.Exists:
		return http.StatusConflict, "Request_MultipleObjectsWithSameKeyValue"
	case fault.Unauthenticated, fault.Locked, fault.State:
		return http.StatusUnauthorized, "InvalidAuthenticationToken"
	case fault.Denied:
		return http.StatusForbidden, "Authorization_RequestDenied"
	case fault.Conflict:
		return http.StatusConflict, "Directory_ConcurrencyViolation"
	case fault.Unavailable:
		return http.StatusServiceUnavailable, "serviceNotAvailable"
	case fault.Limit:
		return http.StatusTooManyRequests, "TooManyRequests"
	case fault.Unsupported:
		return http.StatusNotImplemented, "notSupported"
	default:
		return http.StatusInternalServerError, "internalServerError"
	}
}

// read decodes the request's document.
func (c *call) read(v any) error {
	err := graph.Decode(c.r.Body, v)
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return fault.New(fault.Limit, "the document is larger than %d bytes", maxBody)
	}
	if err != nil {
		return fault.New(fault.Invalid, "%s", err.Error())
	}
	return nil
}

// readObject decodes a document whose properties the schema names.
func (c *call) readObject() (graph.Object, error) {
	var o graph.Object
	err := c.read(&o)
	return o, err
}

// find looks up the object that the path names, by object id, login name or user
// name.
func (c *call) find(kind ident.Kind, part string) (*directory.Entry, error) {
	if err := c.as.Valid(); err != nil {
		return nil, err
	}
	return c.dir.Find(kind, c.r.PathValue(part))
}

// page reads $top and $skiptoken.
func (c *call) page() (top int, after string, err error) {
	q := c.r.URL.Query()
	top = 100
	if s := q.Get("$top"); s != "" {
		if top, err = strconv.Atoi(s); err != nil || top < 1 || top > 999 {
			return 0, "", fault.New(fault.Invalid, "$top is a number from 1 to 999").WithField("$top")
		}
	}
	return top, q.Get("$skiptoken"), nil
}

// nextLink is the address of the page after one.
func (c *call) nextLink(token string) string {
	q := c.r.URL.Query()
	q.Set("$skiptoken", token)
	u := url.URL{Path: c.r.URL.Path, RawQuery: q.Encode()}
	if c.r.Host != "" {
		u.Scheme, u.Host = "https", c.r.Host
	}
	return u.String()
}

func (c *call) context(of string) string { return "/v1.0/$metadata#" + of }
