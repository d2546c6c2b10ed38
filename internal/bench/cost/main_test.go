package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// README says what this program says.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	usual.print(&table)
	for line := range strings.Lines(table.String()) {
		if !strings.Contains(string(readme), strings.TrimSpace(line)) {
			t.Errorf("README lacks the line\n%s", line)
		}
	}
}

// A million uploads, reckoned by hand.
func TestMillion(t *testing.T) {
	for what, pair := range map[string][2]float64{
		"function": {1e6 * usual.function(), 0.20 + 1e6*0.137*0.0000133334},
		"around":   {1e6 * around(), 2*5.00 + 2*0.40 + 0.50 + 0.60 + 1.00},
		"traces":   {traces(1e6), 5.00},
		"storage":  {1e6 * usual.storage(), 3530 * 0.023},
		"fixed":    {fixed, 1.00 + 1.60 + 3.00 + 3.00},
	} {
		if d := pair[0] - pair[1]; d > 0.01 || d < -0.01 {
			t.Errorf("%s costs %.2f, and by hand %.2f", what, pair[0], pair[1])
		}
	}
	if got := traces(1e8); got < 37 || got > 38 {
		t.Errorf("traces of 100 million cost %.2f", got)
	}
}
