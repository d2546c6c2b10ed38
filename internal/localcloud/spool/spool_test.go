package spool_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/localcloud/spool"
)

func open(t *testing.T, dir string) *spool.Spool {
	t.Helper()
	s, err := spool.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// contents lists what is kept, as "ID=data".
func contents(t *testing.T, s *spool.Spool) []string {
	t.Helper()
	items, err := s.Items()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, i := range items {
		all = append(all, i.ID+"="+string(i.Data))
	}
	if len(all) != s.Len() {
		t.Errorf("%d items, but Len is %d", len(all), s.Len())
	}
	return all
}

func TestItemsOutliveTheSpool(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := open(t, dir)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.Put("z", []byte("1")))
	must(s.Put("a", []byte("2")))
	must(s.Put("m", []byte("3")))
	must(s.Put("z", []byte("4"))) // keeps its place
	must(s.Delete("a"))
	must(s.Delete("a"))
	must(s.Delete("never"))
	s = open(t, dir)
	must(s.Put("b", nil)) // behind those that were there
	want := []string{"z=4", "m=3", "b="}
	if diff := cmp.Diff(want, contents(t, s)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, contents(t, open(t, dir))); diff != "" {
		t.Error(diff)
	}
}

func TestOpenSweepsUnfinishedFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"new-123", "README"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := contents(t, open(t, dir)); len(got) > 0 {
		t.Errorf("items %q", got)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 1 || filepath.Base(left[0]) != "README" {
		t.Errorf("left %q, %v; want only the file that is not the spool's", left, err)
	}
}

func TestIDsStayInTheFolder(t *testing.T) {
	s := open(t, t.TempDir())
	for _, id := range []string{"", ".", "..", "../x", "a/b", `a\b`, "a.b", "a b", "é", strings.Repeat("a", 129)} {
		if err := s.Put(id, nil); err == nil {
			t.Errorf("%q was taken", id)
		}
	}
	if err := s.Put(strings.Repeat("a", 128), nil); err != nil {
		t.Error(err)
	}
}

func TestFailuresAreTold(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Put("a", nil); err == nil {
		t.Error("kept in a folder that is gone")
	}
	if s.Len() != 0 {
		t.Error("an item that was not kept is counted")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := spool.Open(file); err == nil {
		t.Error("opened a file")
	}
}

func TestConcurrentUse(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				id := fmt.Sprintf("%d-%d", i, j)
				if err := s.Put(id, []byte(id)); err != nil {
					t.Error(err)
				}
				if j%2 == 0 {
					if err := s.Delete(id); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if got := len(contents(t, open(t, dir))); got != 80 {
		t.Errorf("%d items, want 80", got)
	}
}
