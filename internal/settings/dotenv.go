package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/joho/godotenv"
)

// Environ returns the environment for a child process, as "name=value": this process's environment, then
// what a .env file in dir says of variables that are unset, then defaults for those still unset.
func Environ(dir string, defaults map[string]string) ([]string, error) {
	_, file, err := readDotEnv(dir)
	if err != nil {
		return nil, err
	}
	environ := os.Environ()
	set := map[string]bool{}
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		set[name] = true
	}
	for _, more := range []map[string]string{file, defaults} {
		for _, name := range slices.Sorted(maps.Keys(more)) {
			if !set[name] {
				set[name] = true
				environ = append(environ, name+"="+more[name])
			}
		}
	}
	return environ, nil
}

// loadDotEnv lets the .env file in dir, if there is one, fill what is unset in this process's environment, and
// answers its path.
func loadDotEnv(dir string) (path string, err error) {
	path, file, err := readDotEnv(dir)
	if err != nil {
		return "", err
	}
	for name, value := range file {
		if _, set := os.LookupEnv(name); set {
			continue
		}
		if err := os.Setenv(name, value); err != nil {
			return "", fmt.Errorf("%s: the variable %q cannot be set: %w", path, name, err)
		}
	}
	return path, nil
}

// maxDotEnv bounds the .env file, in bytes.
const maxDotEnv = 1 << 20

// readDotEnv reads the .env file in dir. Where there is none, path is empty.
func readDotEnv(dir string) (path string, values map[string]string, err error) {
	path = filepath.Join(dir, ".env")
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("the settings file cannot be read: %w", err)
	}
	if info.Size() > maxDotEnv {
		return "", nil, fmt.Errorf("%s has %d bytes, too many for a settings file", path, info.Size())
	}
	values, err = godotenv.Read(path)
	if err != nil {
		return "", nil, fmt.Errorf("%s: write one NAME=value a line: %w", path, err)
	}
	return path, values, nil
}
