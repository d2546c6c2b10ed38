package stacks

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/thumbing/thumbing/internal/settings"
)

// The CDK's validator, which a deployment runs too, holds the template against what CloudFormation takes. What it
// finds is an error.
func TestValidator(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for stack, refused := range map[string]string{"everything": "", "broken": "MemorySize"} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), self)
			command.Dir = project(t)
			command.Env = append(os.Environ(), asApp+"="+stack, "CDK_VALIDATION=true")
			out, err := command.CombinedOutput()
			switch {
			case refused == "" && err != nil:
				t.Errorf("%v\n%s", err, out)
			case refused != "" && (err == nil || !strings.Contains(string(out), refused)):
				t.Errorf("a template that is wrong at %s passes: %v\n%s", refused, err, out)
			}
		})
	}
}

// cfn-lint knows more than the validator. It is not ours to install; where it is, it finds nothing.
func TestLint(t *testing.T) {
	lint, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Skip("cfn-lint is not installed")
	}
	args := []string{
		// That a function waits for its role is said twice by the CDK.
		"--ignore-checks", "W3005",
		"--regions", "us-east-1", "eu-west-1", "ap-southeast-2",
		"--template",
	}
	dir := t.TempDir()
	for name, s := range map[string]settings.Settings{"two-bucket-names": defaults(), "everything": everything(), "imported": imported(), "one-bucket": oneBucket()} {
		path := filepath.Join(dir, name+".json")
		if err := os.WriteFile(path, synthesize(t, s).text, 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	t.Parallel()
	if found, err := exec.CommandContext(t.Context(), lint, args...).CombinedOutput(); err != nil {
		t.Errorf("cfn-lint: %v\n%s", err, found)
	}
}
