package profile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/thumbing/thumbing/internal/profile/database"
	"github.com/thumbing/thumbing/internal/profile/page"
)

// maxForm bounds the body of a form, in bytes: four times the characters of a profile, percent-encoded.
const maxForm = 32 << 10

// viewer is who looks at a page, and their user; nil for a stranger. That it cannot be told makes a
// stranger of them: pages can be read by everybody.
func (s *Service) viewer(r *http.Request) (*page.Viewer, database.User) {
	id, err := s.Auth.Authenticate(r)
	if err != nil {
		return nil, database.User{}
	}
	u, err := s.userOf(r.Context(), id)
	if err != nil {
		s.Log.ErrorContext(r.Context(), "reading a user failed", "request_id", requestID(r), "error", err)
		return nil, database.User{}
	}
	return s.viewerOf(u), u
}

func (s *Service) viewerOf(u database.User) *page.Viewer {
	return &page.Viewer{Handle: u.Handle, DisplayName: u.DisplayName, AvatarURL: s.avatarURL(u.AvatarKey, u.AvatarVersion)}
}

// home is the page at "/".
func (s *Service) home(w http.ResponseWriter, r *http.Request) {
	h := page.Home{Upload: s.Hint}
	h.SignedIn, _ = s.viewer(r)
	for _, handle := range s.Seeded {
		u, err := s.Database.UserByHandle(r.Context(), handle)
		if errors.Is(err, database.ErrNotFound) {
			continue
		}
		if err != nil {
			s.problem(w, r, http.StatusInternalServerError, fmt.Errorf("read %s: %w", handle, err))
			return
		}
		h.Seeded = append(h.Seeded, *s.viewerOf(u))
	}
	s.show(w, r, http.StatusOK, func(to io.Writer) error { return page.WriteHome(to, h) })
}

// me leads to one's own page.
func (s *Service) me(w http.ResponseWriter, r *http.Request) {
	to := "/signin"
	if v, _ := s.viewer(r); v != nil {
		to = "/@" + v.Handle
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// profilePage is a person's page.
func (s *Service) profilePage(w http.ResponseWriter, r *http.Request) {
	saved := r.URL.Query().Has("saved")
	s.showProfile(w, r, http.StatusOK, func(p *page.Profile) { p.Form.Saved = saved })
}

// editPage is one's own page with its form open. Others are led to the page, and strangers to sign in first.
func (s *Service) editPage(w http.ResponseWriter, r *http.Request) {
	handle := handleIn(r)
	w.Header().Set("Cache-Control", "private, no-store") // where it leads depends on who asks
	switch v, _ := s.viewer(r); {
	case v == nil && handle != "":
		http.Redirect(w, r, "/signin?"+url.Values{"return_to": {"/@" + handle + "/edit"}}.Encode(), http.StatusSeeOther)
	case v != nil && handle != "" && v.Handle != handle:
		http.Redirect(w, r, "/@"+handle, http.StatusSeeOther)
	default:
		s.showProfile(w, r, http.StatusOK, func(p *page.Profile) { p.Form.Open = true })
	}
}

// edit takes the form of one's own page.
func (s *Service) edit(w http.ResponseWriter, r *http.Request) {
	id, err := s.Auth.Authenticate(r)
	if err != nil {
		s.editPage(w, r)
		return
	}
	if id.Session && s.csrf.Check(r) != nil {
		s.problem(w, r, http.StatusForbidden, errors.New("a form of another origin"))
		return
	}
	u, err := s.userOf(r.Context(), id)
	if err != nil {
		s.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	if u.Handle != handleIn(r) {
		s.problem(w, r, http.StatusForbidden, nil)
		return
	}
	if !s.limits.allow(id.Subject) {
		w.Header().Set("Retry-After", "1")
		s.problem(w, r, http.StatusTooManyRequests, nil)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		code := http.StatusBadRequest
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			code = http.StatusRequestEntityTooLarge
		}
		s.problem(w, r, code, nil)
		return
	}
	form := page.Form{Open: true, DisplayName: r.PostForm.Get("display_name"), Bio: r.PostForm.Get("bio")}
	form.Version, _ = strconv.ParseInt(r.PostForm.Get("version"), 10, 64) // a form without one means any
	change, problems := checkChange(form.DisplayName, &form.Bio, form.Version)
	status := problems.status()
	if form.Errors = problems.codes(); len(problems) == 0 {
		u, err = s.Database.UpdateUser(r.Context(), id.Subject, change)
		switch {
		case err == nil:
			http.Redirect(w, r, "/@"+u.Handle+"?saved", http.StatusSeeOther)
			return
		case !errors.Is(err, database.ErrChanged):
			s.problem(w, r, http.StatusInternalServerError, err)
			return
		}
		form.Errors, status = []string{"profile_changed"}, http.StatusConflict
	}
	s.showProfile(w, r, status, func(p *page.Profile) {
		form.Version = p.Form.Version // saving once more is meant
		p.Form = form
	})
}

// showProfile shows the page of the handle in the path, changed by how.
func (s *Service) showProfile(w http.ResponseWriter, r *http.Request, status int, how func(*page.Profile)) {
	handle := handleIn(r)
	found, err := s.Database.ProfileByHandle(r.Context(), handle, time.Now())
	if errors.Is(err, database.ErrNotFound) {
		s.notFound(w, r)
		return
	}
	if err != nil {
		s.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	p := page.Profile{Handle: found.Handle, DisplayName: found.DisplayName, Bio: found.Bio, Cruds: found.Cruds,
		AvatarURL: s.avatarURL(found.AvatarKey, found.AvatarVersion)}
	for _, a := range found.Activities {
		p.Activities = append(p.Activities, page.Activity{Message: a.Message, CreatedAt: a.CreatedAt, ExpiresAt: a.ExpiresAt,
			Likes: a.Likes, Replies: a.Replies, Reposts: a.Reposts})
	}
	var u database.User
	if p.SignedIn, u = s.viewer(r); p.SignedIn != nil && u.UUID == found.UUID {
		p.Own = true
		p.EventsURL = fmt.Sprintf("/api/avatar/events?after=%d", found.LastEvent)
		p.Form = page.Form{DisplayName: found.DisplayName, Bio: found.Bio, Version: found.Version}
		how(&p)
	}
	s.show(w, r, status, func(to io.Writer) error { return page.WriteProfile(to, p) })
}

func (s *Service) notFound(w http.ResponseWriter, r *http.Request) {
	s.problem(w, r, http.StatusNotFound, nil)
}

// problem shows the page of a request that cannot be answered otherwise, and logs why.
func (s *Service) problem(w http.ResponseWriter, r *http.Request, status int, why error) {
	p := page.Problem{Status: status}
	if why != nil {
		s.Log.ErrorContext(r.Context(), "no page", "request_id", requestID(r), "error", why)
	} else {
		p.SignedIn, _ = s.viewer(r)
	}
	s.show(w, r, status, func(to io.Writer) error { return page.WriteProblem(to, p) })
}

// show answers a page, whole or not at all. Pages show who is signed in, so nobody else may keep them.
func (s *Service) show(w http.ResponseWriter, r *http.Request, status int, write func(io.Writer) error) {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		s.Log.ErrorContext(r.Context(), "no page", "request_id", requestID(r), "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "private, no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the reader has gone; nobody is left to tell
}
