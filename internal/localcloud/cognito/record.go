package cognito

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/thumbing/thumbing/internal/localcloud/atomicfile"
)

const recordFile = "pool.json"

// record is what the folder tells of the pool that runs on it, beside its key.
type record struct {
	Issuer string `json:"issuer"`
	Users  []User `json:"users"`
}

func writeRecord(dir string, r record) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := atomicfile.Write(filepath.Join(dir, recordFile), append(data, '\n')); err != nil {
		return fmt.Errorf("keep the pool's users: %w", err)
	}
	return nil
}

// ErrNoPool is the error of [AccessToken] for a folder that no pool has run on.
var ErrNoPool = errors.New("no user pool has run here yet")

// UnknownUserError is the error of [AccessToken] for a user that the pool does not have.
type UnknownUserError struct {
	Username string
	Known    []string // who there is
}

// Error names the user.
func (e *UnknownUserError) Error() string { return fmt.Sprintf("there is no user %q", e.Username) }

// AccessToken signs an access token for a user of the pool that keeps its key in the folder, as if the user had just
// signed in: for scripts on this machine. An @ before the username is left out. The token is good for an hour, at what
// trusts that pool.
func AccessToken(dir, username string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, recordFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNoPool
	}
	if err != nil {
		return "", err
	}
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return "", fmt.Errorf("%s: %w", filepath.Join(dir, recordFile), err)
	}
	username = strings.TrimPrefix(username, "@")
	i := slices.IndexFunc(r.Users, func(u User) bool { return u.Username == username })
	if i < 0 {
		unknown := &UnknownUserError{Username: username}
		for _, u := range r.Users {
			unknown.Known = append(unknown.Known, u.Username)
		}
		return "", unknown
	}
	key, err := openKey(dir)
	if err != nil {
		return "", err
	}
	tokens, err := issuer{url: r.Issuer, key: key, now: time.Now}.issue(
		grant{user: r.Users[i], request: request{scope: "openid"}, origin: uuid.NewString(), signedIn: time.Now()})
	return tokens.Access, err
}
