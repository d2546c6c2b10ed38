package stacks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/thumbing/thumbing/internal/settings"
)

// minNode is the oldest major version of Node that the CDK of this module is tested with.
const minNode = 22

// FindNode returns the Node that the CDK of the project in dir would run with.
func FindNode(dir string) (path string, err error) { return findNode(dir, settings.LoadCDK().Node) }

// findNode returns the Node for the jsii runtime: the one that the environment names, else the one that
// the project pins, else the one on the PATH. A pinned Node that does not run here, as when node_modules
// was installed on another system, is passed over.
func findNode(dir, named string) (path string, err error) {
	if named != "" {
		path, err := checkNode(named)
		if err != nil {
			return "", problem{fmt.Errorf("%s names no Node to run the CDK with: %w", settings.JSIINode, err),
				fmt.Sprintf("unset %s, or name a Node of version %d or newer", settings.JSIINode, minNode)}
		}
		return path, nil
	}
	path, pinned := checkNode(filepath.Join(dir, "node_modules", ".bin", "node"))
	if pinned == nil {
		return path, nil
	}
	path, err = checkNode("node")
	if err == nil {
		return path, nil
	}
	if !errors.Is(pinned, fs.ErrNotExist) {
		err = fmt.Errorf("%w; %w", pinned, err)
	}
	return "", problem{fmt.Errorf("no Node to run the CDK with: %w", err),
		fmt.Sprintf("run make setup, or install Node %d or newer", minNode)}
}

// checkNode returns the path of a Node that starts and is new enough.
func checkNode(name string) (path string, err error) {
	path, err = exec.LookPath(name)
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("%s is not on the PATH", name)
	}
	if err != nil {
		return "", err
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	// A Node that is there but never answers must not hang the app.
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("%s does not start: %w", path, err)
	}
	version := strings.TrimSpace(string(out))
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	n, err := strconv.Atoi(major)
	if err != nil {
		return "", fmt.Errorf("%s is no Node: it calls itself %q", path, version)
	}
	if n < minNode {
		return "", fmt.Errorf("%s is Node %s, and the CDK needs %d or newer", path, version, minNode)
	}
	return path, nil
}
