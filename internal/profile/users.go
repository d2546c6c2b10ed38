package profile

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/thumbing/thumbing/internal/profile/database"
)

// short is what others see of a user in passing.
type shortUser struct {
	UUID        string  `json:"uuid"`
	Handle      string  `json:"handle"`
	DisplayName string  `json:"display_name"`
	AvatarURL   *string `json:"avatar_url"` // null where there is no avatar
}

// fullUser is what a user is answered of themselves.
type fullUser struct {
	shortUser
	Bio     string `json:"bio"`
	Version int64  `json:"version"`
}

type profileUser struct {
	shortUser
	Bio     string `json:"bio"`
	Version int64  `json:"version"`
	Cruds   int    `json:"cruds_count"`
}

type activity struct {
	UUID      string     `json:"uuid"`
	Message   string     `json:"message"`
	Likes     int        `json:"likes_count"`
	Replies   int        `json:"replies_count"`
	Reposts   int        `json:"reposts_count"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at"` // null where it stays
}

func (s *Service) shortOf(u database.User) shortUser {
	short := shortUser{UUID: u.UUID, Handle: u.Handle, DisplayName: u.DisplayName}
	if u.AvatarKey != "" {
		short.AvatarURL = new(s.avatarURL(u.AvatarKey, u.AvatarVersion))
	}
	return short
}

// avatarURL is where an avatar is read: at a URL of its own in every version, so that no cache has an old
// one for it. It is "" for no key.
func (s *Service) avatarURL(key, version string) string {
	if key == "" {
		return ""
	}
	return s.AvatarsURL + (&url.URL{Path: "/" + key}).EscapedPath() + "?v=" + url.QueryEscape(version)
}

// short answers who a handle is.
func (s *Service) short(w http.ResponseWriter, r *http.Request) {
	u, err := s.Database.UserByHandle(r.Context(), handleIn(r))
	switch {
	case errors.Is(err, database.ErrNotFound):
		fail(w, http.StatusNotFound, "user_not_found")
	case err != nil:
		s.broken(w, r, "reading a user", err)
	default:
		answer(w, http.StatusOK, s.shortOf(u))
	}
}

// activities answers what a person's page shows.
func (s *Service) activities(w http.ResponseWriter, r *http.Request) {
	p, err := s.Database.ProfileByHandle(r.Context(), handleIn(r), time.Now())
	if errors.Is(err, database.ErrNotFound) {
		fail(w, http.StatusNotFound, "user_not_found")
		return
	}
	if err != nil {
		s.broken(w, r, "reading a profile", err)
		return
	}
	all := make([]activity, len(p.Activities))
	for i, a := range p.Activities {
		all[i] = activity{UUID: a.UUID, Message: a.Message, Likes: a.Likes, Replies: a.Replies, Reposts: a.Reposts, CreatedAt: a.CreatedAt}
		if !a.ExpiresAt.IsZero() {
			all[i].ExpiresAt = &a.ExpiresAt
		}
	}
	answer(w, http.StatusOK, struct {
		Profile    profileUser `json:"profile"`
		Activities []activity  `json:"activities"`
	}{profileUser{s.shortOf(p.User), p.Bio, p.Version, p.Cruds}, all})
}

// update changes the profile of who asks.
func (s *Service) update(w http.ResponseWriter, r *http.Request, id Identity) {
	var in struct {
		DisplayName string  `json:"display_name"`
		Bio         *string `json:"bio"`     // left as it is where it is missing
		Version     int64   `json:"version"` // of the profile that was looked at; any where it is missing

		// The rest of the user that an earlier answer held may be sent back. It changes nothing: whose profile
		// this is comes from the token.
		UUID      any `json:"uuid"`
		Handle    any `json:"handle"`
		AvatarURL any `json:"avatar_url"`
		Subject   any `json:"cognito_user_id"`
	}
	if !read(w, r, &in) {
		return
	}
	change, problems := checkChange(in.DisplayName, in.Bio, in.Version)
	if len(problems) > 0 {
		fail(w, problems.status(), problems.codes()...)
		return
	}
	u, err := s.change(r, id, change)
	switch {
	case errors.Is(err, database.ErrChanged):
		fail(w, http.StatusConflict, "profile_changed")
	case err != nil:
		s.broken(w, r, "updating a user", err)
	default:
		answer(w, http.StatusOK, fullUser{s.shortOf(u), u.Bio, u.Version})
	}
}

// change changes the profile of an identity, whose user is made first where there is none.
func (s *Service) change(r *http.Request, id Identity, c database.Change) (database.User, error) {
	u, err := s.Database.UpdateUser(r.Context(), id.Subject, c)
	if !errors.Is(err, database.ErrNotFound) {
		return u, err
	}
	if _, err := s.userOf(r.Context(), id); err != nil {
		return database.User{}, err
	}
	return s.Database.UpdateUser(r.Context(), id.Subject, c)
}
