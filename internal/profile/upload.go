package profile

import (
	"net/http"
)

// extensions are the kinds of pictures that the function reads, by content type. The function itself goes
// by a picture's bytes alone.
var extensions = map[string]string{
	"image/jpeg": "jpg",
	"image/png":  "png",
	"image/gif":  "gif",
	"image/webp": "webp",
	"image/bmp":  "bmp",
	"image/tiff": "tiff",
}

// upload answers the form that takes the avatar of who asks, and no other's.
func (s *Service) upload(w http.ResponseWriter, r *http.Request, id Identity) {
	var in struct {
		ContentType string `json:"content_type"`
		Key         string `json:"key"` // may be left out: there is only one that is granted
	}
	if !read(w, r, &in) {
		return
	}
	extension, known := extensions[in.ContentType]
	if !known {
		fail(w, http.StatusUnprocessableEntity, "content_type_unsupported")
		return
	}
	key := s.Keys.Input + id.Subject + "." + extension
	if in.Key != "" && in.Key != key {
		fail(w, http.StatusForbidden, "key_forbidden")
		return
	}
	if _, err := s.userOf(r.Context(), id); err != nil { // the webhook must find whose avatar it is
		s.broken(w, r, "reading a user", err)
		return
	}
	form, err := s.Uploads.Form(r.Context(), key, in.ContentType)
	if err != nil {
		s.broken(w, r, "signing an upload", err)
		return
	}
	answer(w, http.StatusOK, form)
}
