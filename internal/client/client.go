// Package client speaks the management API: over a server's local socket as root,
// or over HTTPS.
//
// What always holds: a refusal comes back as the fault it was, with its message
// and hint, so that a command prints what the server said.
package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

// Client is a connection to one server's API.
type Client struct {
	http   *http.Client
	base   string
	socket string
}

// Local returns a client over the local socket of a server.
func Local(socket string) *Client {
	return &Client{
		socket: socket, base: "http://local",
		http: &http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "unix", socket)
			},
		}},
	}
}

// Path joins the parts of a path, each escaped.
func Path(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(p))
	}
	return b.String()
}

// Do calls the API. body and out may be nil.
func (c *Client) Do(ctx context.Context, method, path string, query url.Values, body, out any) error {
	resp, err := c.send(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil || resp.StatusCode == http.StatusNoContent {
		_, _ = io.Copy(io.Discard, resp.Body)
		return nil
	}
	if raw, ok := out.(*json.RawMessage); ok {
		b, err := io.ReadAll(resp.Body)
		*raw = b
		return err
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return nil
}

// All reads a collection, page by page.
func All[T any](ctx context.Context, c *Client, path string, query url.Values) ([]T, error) {
	var out []T
	for {
		var page graph.List[T]
		if err := c.Do(ctx, http.MethodGet, path, query, nil, &page); err != nil {
			return nil, err
		}
		out = append(out, page.Value...)
		if page.Next == "" {
			return out, nil
		}
		next, err := url.Parse(page.Next)
		if err != nil {
			return nil, fmt.Errorf("read the server's answer: %w", err)
		}
		query = next.Query()
	}
}

// Lines calls the API and hands fn each line of the answer as it comes, until fn
// returns false.
func (c *Client) Lines(ctx context.Context, path string, query url.Values, fn func([]byte) bool) error {
	resp, err := c.send(ctx, http.MethodGet, path, query, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	const longest = 16 << 20 // of a record that names ten thousand changes
	sc := bufio.NewScanner(resp.Body)
	sc.Buffer(make([]byte, 64<<10), longest)
	for sc.Scan() {
		if !fn(sc.Bytes()) {
			return nil
		}
	}
	return sc.Err()
}

// send makes one request and turns a refusal into its fault.
func (c *Client) send(ctx context.Context, method, path string, query url.Values, body any) (*http.Response, error) {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		r = bytes.NewReader(b)
	}
	u := c.base + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, u, r)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(err)
	}
	if resp.StatusCode < 400 {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, refusal(resp)
}

func (c *Client) unreachable(err error) error {
	switch {
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ECONNREFUSED):
		return fault.Wrap(fault.Unavailable, err, "no server answers at %s", c.socket).
			WithHint("start it with selfsame serve, or name its folder with --data DIR")
	case errors.Is(err, syscall.EACCES):
		return fault.Wrap(fault.Denied, err, "the socket %s may not be opened", c.socket).WithHint("run the command as root, or as the user the server runs as")
	default:
		return fault.Wrap(fault.Unavailable, err, "the server cannot be reached")
	}
}

// kinds maps the API's statuses back to kinds of fault.
var kinds = map[int]fault.Kind{
	http.StatusBadRequest: fault.Invalid, http.StatusNotFound: fault.NotFound, http.StatusConflict: fault.Exists,
	http.StatusUnauthorized: fault.Unauthenticated, http.StatusForbidden: fault.Denied, http.StatusServiceUnavailable: fault.Unavailable,
	http.StatusTooManyRequests: fault.Limit, http.StatusNotImplemented: fault.Unsupported,
}

func refusal(resp *http.Response) error {
	var b graph.ErrorBody
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&b); err != nil || b.Error.Message == "" {
		return fault.New(kinds[resp.StatusCode], "the server answered %s", resp.Status)
	}
	e := fault.New(kinds[resp.StatusCode], "%s", b.Error.Message).WithField(b.Error.Target)
	if b.Error.Code == "Directory_ConcurrencyViolation" {
		e.Kind = fault.Conflict
	}
	e.Hint = b.Error.Hint
	return e
}
