package signin

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	// maxCookie is what browsers are sure to keep of a name, a value and its attributes (RFC 6265bis, section 5.6), but
	// for room for the attributes.
	maxCookie = 4096 - 128
	minKey    = 32 // bytes
)

var (
	errNoCookie = errors.New("the request has no session")
	errSealed   = errors.New("the cookie was not made here, or with another key")
	errTooLarge = errors.New("it is too large for a cookie")
)

// sealer encrypts what browsers keep for us.
type sealer []cipher.AEAD

// newSealer makes a sealer of keys: the first encrypts, all decrypt.
func newSealer(keys [][]byte) (sealer, error) {
	if len(keys) == 0 {
		return nil, errors.New("there is no key for sessions")
	}
	var s sealer
	for _, key := range keys {
		if len(key) < minKey {
			return nil, fmt.Errorf("a key for sessions has %d bytes, fewer than %d", len(key), minKey)
		}
		derived, err := hkdf.Key(sha256.New, key, nil, "thumbing cookies", minKey)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(derived)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		s = append(s, aead)
	}
	return s, nil
}

// seal encrypts a value for a purpose, and for no other.
func (s sealer) seal(purpose string, v any) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(s[0].Seal(nil, nil, plain, []byte(purpose))), nil
}

// open decrypts what seal made.
func (s sealer) open(purpose, text string, v any) error {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return errSealed
	}
	for _, aead := range s {
		if plain, err := aead.Open(nil, nil, sealed, []byte(purpose)); err == nil {
			return json.Unmarshal(plain, v)
		}
	}
	return errSealed
}

// cookie is one that only this service can read and make.
type cookie struct {
	name   string
	secure bool
	sealer
}

// newCookie names a cookie. The __Host- prefix has browsers refuse it from other hosts of the domain.
func newCookie(name string, secure bool, s sealer) cookie {
	if secure {
		name = "__Host-" + name
	}
	return cookie{name, secure, s}
}

func (c cookie) get(r *http.Request, v any) error {
	all := r.CookiesNamed(c.name)
	if len(all) != 1 { // of two, one is somebody else's
		return errNoCookie
	}
	return c.open(c.name, all[0].Value, v)
}

func (c cookie) set(w http.ResponseWriter, v any, life time.Duration) error {
	value, err := c.seal(c.name, v)
	if err != nil {
		return err
	}
	if len(c.name)+len(value) > maxCookie {
		return errTooLarge
	}
	c.write(w, value, int(life.Seconds()))
	return nil
}

func (c cookie) clear(w http.ResponseWriter) { c.write(w, "", -1) }

func (c cookie) write(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: c.name, Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: c.secure, SameSite: http.SameSiteLaxMode})
}
