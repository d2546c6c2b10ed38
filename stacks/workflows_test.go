package stacks

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/thumbing/thumbing/internal/settings"
)

var workflows = filepath.Join("..", ".github", "workflows")

// Whoever moves a tag of an action must not come to run here, and no key of AWS's is kept there.
func TestWorkflowsArePinned(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(workflows, "*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	uses := regexp.MustCompile(`uses: *(\S+)`)
	pinned := regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40}$`)
	found := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for _, m := range uses.FindAllStringSubmatch(text, -1) {
			found++
			if !pinned.MatchString(m[1]) {
				t.Errorf("%s: %s is not pinned to a commit", file, m[1])
			}
		}
		if strings.Contains(text, "secrets.") || strings.Contains(text, "access-key") {
			t.Errorf("%s uses keys that live long", file)
		}
		if !strings.Contains(text, "\npermissions:") {
			t.Errorf("%s has more permissions than it asks for", file)
		}
	}
	if len(files) < 2 || found < 6 {
		t.Errorf("%d files with %d actions: the test looks at the wrong place", len(files), found)
	}
}

// Every setting of the stack can be made in the pipeline: each that Parse asks for is handed on.
func TestPipelineKnowsEverySetting(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(workflows, "deploy.yml"))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = settings.Parse(func(name string) (string, bool) {
		if !strings.Contains(string(b), "\n  "+name+": ${{ vars."+name+" ") {
			t.Errorf("deploy.yml does not hand on %s", name)
		}
		return "", false
	})
	if !strings.Contains(string(b), "id-token: write") || !strings.Contains(string(b), "environment: production") {
		t.Error("deploy.yml takes no role by its identity, or waits for nobody")
	}
}
