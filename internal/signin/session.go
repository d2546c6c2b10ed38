package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/thumbing/thumbing/internal/cognito"
)

// Identity is who makes a request.
type Identity struct {
	Subject  string // the pool's UUID for the person, which never changes
	Username string // their name in the pool
	Session  bool   // known by a cookie, which browsers send unasked, rather than by a token
}

// session is what the cookie of a browser that has signed in holds.
type session struct {
	Subject  string    `json:"sub"`
	Username string    `json:"username"`
	Fresh    time.Time `json:"fresh"`             // until then it counts; then the pool is asked
	Ends     time.Time `json:"ends"`              // then it is over
	Refresh  string    `json:"refresh,omitempty"` // token; "" for a session that cannot be renewed
}

// errOver is the error of a session that has ended, or was ended by the pool.
var errOver = errors.New("the session is over")

// Authenticate tells who makes a request: by its Authorization header if it has one, whatever that holds, else by its
// session. It may renew the session, so call it before the answer is begun. The error is a [*cognito.Error]; answer it by
// [cognito.WriteError].
func (s *Service) Authenticate(r *http.Request) (Identity, error) {
	token, found, err := cognito.Bearer(r.Header)
	if err != nil {
		return Identity{}, err
	}
	if found {
		c, err := s.config.Verifier.Verify(r.Context(), token)
		if err != nil {
			return Identity{}, err
		}
		return Identity{Subject: c.Subject, Username: c.Username}, nil
	}
	v, ok := r.Context().Value(visitKey{}).(*visit)
	if !ok {
		v = &visit{}
	}
	v.once.Do(func() { v.identity, v.err = s.known(v.w, r) })
	return v.identity, v.err
}

// visit is one request to the app: its session is looked at once, when somebody asks, and its answer can take a new
// cookie.
type visit struct {
	w        http.ResponseWriter
	once     sync.Once
	identity Identity
	err      error
}

type visitKey struct{}

// remember lets Authenticate renew sessions.
func (s *Service) remember(app http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		app.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitKey{}, &visit{w: w})))
	})
}

// known tells whose session a request has, and renews it where that is due. A session is renewed only for who asks
// for it, never in passing: the new cookie must not get into an answer that a cache shares.
func (s *Service) known(w http.ResponseWriter, r *http.Request) (Identity, error) {
	var old session
	if err := s.session.get(r, &old); err != nil {
		return Identity{}, &cognito.Error{Err: err}
	}
	id := Identity{Subject: old.Subject, Username: old.Username, Session: true}
	now := s.now()
	switch {
	case !now.Before(old.Ends):
		return Identity{}, &cognito.Error{Err: errOver}
	case now.Before(old.Fresh):
		return id, nil
	}
	renewed, err := s.renew(r.Context(), old)
	if err != nil {
		e := &cognito.Error{Err: err, Unavailable: statusOf(err) == http.StatusServiceUnavailable}
		if !e.Unavailable && w != nil {
			s.session.clear(w)
		}
		return Identity{}, e
	}
	if w != nil {
		unkept(w)
		if err := s.keep(w, renewed); err != nil {
			return Identity{}, &cognito.Error{Err: err, Unavailable: true}
		}
	}
	return id, nil
}

// renew asks the pool for a new access token. Requests of one browser that come together share the answer; while the
// pool cannot be reached it is asked only now and then, so that pages need not wait for it.
func (s *Service) renew(ctx context.Context, old session) (session, error) {
	if old.Refresh == "" {
		return session{}, errOver
	}
	if s.now().UnixNano() < s.paused.Load() {
		return session{}, errors.New("the pool could not be reached a moment ago")
	}
	result, err, _ := s.renewals.Do(old.Refresh, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), poolTimeout)
		defer cancel()
		t, err := s.oauth.TokenSource(s.pool(ctx), &oauth2.Token{RefreshToken: old.Refresh}).Token()
		if err != nil {
			return nil, err
		}
		c, err := s.config.Verifier.Verify(ctx, t.AccessToken)
		if err != nil {
			return nil, err
		}
		renewed := old
		renewed.Fresh, renewed.Username = c.Expires, c.Username
		if renewed.Refresh = t.RefreshToken; c.Subject != old.Subject { // a pool may give a new one
			return nil, fmt.Errorf("%w: the pool gave the token of another person", errOver)
		}
		return renewed, nil
	})
	if err != nil {
		if statusOf(err) == http.StatusServiceUnavailable {
			s.paused.Store(s.now().Add(poolPause).UnixNano())
		}
		return session{}, fmt.Errorf("renew the session: %w", err)
	}
	return result.(session), nil
}

// keep gives the browser the session. A refresh token that makes the cookie too large for browsers is left out: such a
// session ends when its access token does.
func (s *Service) keep(w http.ResponseWriter, v session) error {
	life := v.Ends.Sub(s.now())
	err := s.session.set(w, v, life)
	if errors.Is(err, errTooLarge) && v.Refresh != "" {
		s.log.Warn("a session cannot be renewed: its refresh token is too large for a cookie", "subject", v.Subject, "bytes", len(v.Refresh))
		v.Refresh = ""
		err = s.session.set(w, v, life)
	}
	return err
}

// revoke ends a refresh token (RFC 7009).
func (s *Service) revoke(ctx context.Context, token string) error {
	form := url.Values{"token": {token}, "client_id": {s.config.ClientID}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.config.Domain+"/oauth2/revoke", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if s.config.ClientSecret != "" {
		req.SetBasicAuth(url.QueryEscape(s.config.ClientID), url.QueryEscape(s.config.ClientSecret))
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the pool answers %s", resp.Status)
	}
	return nil
}

// statusOf tells what became of a sign-in or a renewal: 400 where the pool says no to it, or its tokens are not right; 503
// where it may yet come to something, be it that the pool cannot be reached or that the app client is set up wrongly,
// which is no reason to sign everybody out.
func statusOf(err error) int {
	if e, ok := errors.AsType[*cognito.Error](err); ok && !e.Unavailable || errors.Is(err, errOver) {
		return http.StatusBadRequest
	}
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok && e.ErrorCode == "invalid_grant" { // RFC 6749, section 5.2
		return http.StatusBadRequest
	}
	return http.StatusServiceUnavailable
}
