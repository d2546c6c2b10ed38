package s3

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3response"
)

// ListObjects lists objects.
func (s *store) ListObjects(ctx context.Context, in *awss3.ListObjectsInput) (s3response.ListObjectsResult, error) {
	p := page{prefix: value(in.Prefix), delimiter: value(in.Delimiter), after: value(in.Marker), limit: int(value(in.MaxKeys))}
	if err := s.list(ctx, *in.Bucket, &p, true); err != nil {
		return s3response.ListObjectsResult{}, s.fault("list", *in.Bucket, p.prefix, err)
	}
	return s3response.ListObjectsResult{
		Name: in.Bucket, Prefix: &p.prefix, Delimiter: backend.GetPtrFromString(p.delimiter), Marker: &p.after,
		MaxKeys: in.MaxKeys, IsTruncated: &p.more, NextMarker: backend.GetPtrFromString(p.next()),
		Contents: p.objects, CommonPrefixes: p.commonPrefixes(),
	}, nil
}

// ListObjectsV2 lists objects.
func (s *store) ListObjectsV2(ctx context.Context, in *awss3.ListObjectsV2Input) (s3response.ListObjectsV2Result, error) {
	p := page{prefix: value(in.Prefix), delimiter: value(in.Delimiter), limit: int(value(in.MaxKeys)),
		after: max(value(in.StartAfter), value(in.ContinuationToken))}
	if err := s.list(ctx, *in.Bucket, &p, value(in.FetchOwner)); err != nil {
		return s3response.ListObjectsV2Result{}, s.fault("list", *in.Bucket, p.prefix, err)
	}
	return s3response.ListObjectsV2Result{
		Name: in.Bucket, Prefix: &p.prefix, Delimiter: backend.GetPtrFromString(p.delimiter),
		StartAfter:        backend.GetPtrFromString(value(in.StartAfter)),
		ContinuationToken: backend.GetPtrFromString(value(in.ContinuationToken)),
		MaxKeys:           in.MaxKeys, KeyCount: new(int32(p.size())), IsTruncated: &p.more,
		NextContinuationToken: backend.GetPtrFromString(p.next()),
		Contents:              p.objects, CommonPrefixes: p.commonPrefixes(),
	}, nil
}

// ListObjectVersions lists objects with their older versions and delete markers.
func (s *store) ListObjectVersions(ctx context.Context, in *awss3.ListObjectVersionsInput) (s3response.ListVersionsResult, error) {
	p := page{prefix: value(in.Prefix), delimiter: value(in.Delimiter), after: value(in.KeyMarker), limit: int(value(in.MaxKeys))}
	result := s3response.ListVersionsResult{Name: in.Bucket, Prefix: &p.prefix, Delimiter: &p.delimiter, KeyMarker: in.KeyMarker,
		VersionIdMarker: in.VersionIdMarker, MaxKeys: in.MaxKeys, IsTruncated: &p.more}
	if value(in.VersionIdMarker) != "" {
		p.again = p.after
	}
	every := func(string, fs.DirEntry) (bool, error) { return true, nil }
	err := s.walk(ctx, *in.Bucket, &p, every, func(key, path string, _ fs.DirEntry) error {
		versions, err := s.versions(ctx, *in.Bucket, path)
		if err != nil {
			return err
		}
		if key == p.again {
			last := slices.IndexFunc(versions, func(v version) bool { return v.id == *in.VersionIdMarker })
			versions = versions[last+1:]
		}
		for _, v := range versions {
			if p.full() {
				p.more = true
				return fs.SkipAll
			}
			if v.object != nil {
				v.object.Key = &key
				result.Versions = append(result.Versions, *v.object)
			} else {
				v.marker.Key = &key
				result.DeleteMarkers = append(result.DeleteMarkers, *v.marker)
			}
			p.others++
			p.last, p.lastVersion = key, v.id
		}
		return nil
	})
	if err != nil {
		return s3response.ListVersionsResult{}, s.fault("list the versions in", *in.Bucket, p.prefix, err)
	}
	if p.more {
		result.NextKeyMarker, result.NextVersionIdMarker = &p.last, backend.GetPtrFromString(p.lastVersion)
	}
	result.CommonPrefixes = p.commonPrefixes()
	return result, nil
}

// version is one version of an object, or a delete marker.
type version struct {
	id     string
	latest bool
	object *s3response.ObjectVersion
	marker *types.DeleteMarkerEntry
}

// versions gives what there is of the key with a path, the latest first.
func (s *store) versions(ctx context.Context, bucket, path string) ([]version, error) {
	const every = 1 << 30
	out, err := s.Posix.ListObjectVersions(ctx, &awss3.ListObjectVersionsInput{Bucket: &bucket, Prefix: &path, MaxKeys: new(int32(every))})
	if err != nil {
		return nil, err
	}
	var all []version
	for _, v := range out.Versions {
		if value(v.Key) == path {
			all = append(all, version{id: value(v.VersionId), latest: value(v.IsLatest), object: &v})
		}
	}
	for _, m := range out.DeleteMarkers {
		if value(m.Key) == path {
			all = append(all, version{id: value(m.VersionId), latest: value(m.IsLatest), marker: &m})
		}
	}
	// Versions are named by their time, but for the one that was there before there were versions.
	slices.SortFunc(all, func(a, b version) int {
		rank := func(v version) string {
			switch {
			case v.latest:
				return "~"
			case v.id == "null":
				return ""
			}
			return v.id
		}
		return cmp.Compare(rank(b), rank(a))
	})
	return all, nil
}

// page is one page of a listing.
type page struct {
	prefix, delimiter string
	after             string // keys and common prefixes up to here were on earlier pages
	again             string // but for this key, whose versions go on
	limit             int

	objects           []s3response.Object
	prefixes          []string
	others            int    // versions and delete markers
	last, lastVersion string // the key or common prefix, and the version of the key, that was put on the page last
	more              bool   // not everything fits
}

func (p *page) size() int  { return len(p.objects) + len(p.prefixes) + p.others }
func (p *page) full() bool { return p.size() >= p.limit }

// next tells where the page after this one begins, if there is one.
func (p *page) next() string {
	if !p.more {
		return ""
	}
	return p.last
}

// group gives the common prefix of a key: up to the first delimiter behind the listing's prefix.
func (p *page) group(key string) (prefix string, ok bool) {
	rest, ok := strings.CutPrefix(key, p.prefix)
	if !ok || p.delimiter == "" {
		return "", false
	}
	before, _, ok := strings.Cut(rest, p.delimiter)
	return p.prefix + before + p.delimiter, ok
}

// has tells whether a common prefix is on the page. Keys come in order, so it would be the last.
func (p *page) has(group string) bool {
	return len(p.prefixes) > 0 && p.prefixes[len(p.prefixes)-1] == group
}

func (p *page) commonPrefixes() []types.CommonPrefix {
	var all []types.CommonPrefix
	for _, prefix := range p.prefixes {
		all = append(all, types.CommonPrefix{Prefix: &prefix})
	}
	return all
}

// list puts objects and common prefixes on a page.
func (s *store) list(ctx context.Context, bucket string, p *page, owner bool) error {
	object := s.Posix.FileToObj(bucket, owner)
	exists := func(path string, d fs.DirEntry) (bool, error) {
		_, err := object(path, d)
		if errors.Is(err, backend.ErrSkipObj) { // it has a delete marker
			return false, nil
		}
		return err == nil, err
	}
	return s.walk(ctx, bucket, p, exists, func(key, path string, d fs.DirEntry) error {
		o, err := object(path, d)
		if errors.Is(err, backend.ErrSkipObj) {
			return nil
		}
		o.Key = &key
		p.objects, p.last = append(p.objects, o), key
		return err
	})
}

// walk goes through a bucket's keys in order, puts the common prefixes of those that exist on the page, and has
// the other keys put there.
func (s *store) walk(ctx context.Context, bucket string, p *page, exists func(path string, d fs.DirEntry) (bool, error), put func(key, path string, d fs.DirEntry) error) error {
	if _, err := s.HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: &bucket}); err != nil {
		return err
	}
	if p.limit <= 0 {
		return nil
	}
	w := walker{ctx: ctx, files: os.DirFS(bucket), page: p, exists: exists, put: put}
	if err := w.folder(".", ""); err != nil && err != fs.SkipAll {
		return err
	}
	return nil
}

// walker goes through the files of a bucket in the order of their keys.
type walker struct {
	ctx    context.Context
	files  fs.FS
	page   *page
	exists func(path string, d fs.DirEntry) (bool, error)
	put    func(key, path string, d fs.DirEntry) error
}

// folder visits the keys that begin with a text, which are below a path.
func (w *walker) folder(path, text string) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	entries, err := fs.ReadDir(w.files, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // removed since
	}
	if err != nil {
		return err
	}
	type item struct {
		text string // that its name adds to keys
		fs.DirEntry
	}
	items := make([]item, 0, len(entries))
	for _, d := range entries {
		if d.Name() == posix.MetaTmpDir {
			continue
		}
		if text, ok := keyText(d.Name(), d.IsDir()); ok {
			items = append(items, item{text, d})
		}
	}
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(a.text, b.text) })
	for _, d := range items {
		below := d.Name()
		if path != "." {
			below = path + "/" + below
		}
		visit := w.file
		if d.IsDir() {
			visit = w.subfolder
		}
		if err := visit(below, text+d.text, d); err != nil {
			return err
		}
	}
	return nil
}

// subfolder visits the keys in a folder, unless none of them belongs on the page.
func (w *walker) subfolder(path, text string, _ fs.DirEntry) error {
	p := w.page
	switch {
	case !strings.HasPrefix(text, p.prefix) && !strings.HasPrefix(p.prefix, text):
		return nil
	case text <= p.after && !strings.HasPrefix(p.after, text):
		return nil
	}
	if group, grouped := p.group(text); grouped && (group <= p.after || p.has(group)) {
		return nil
	}
	return w.folder(path, text)
}

// file puts a key, or the common prefix that it is in, on the page.
func (w *walker) file(path, key string, d fs.DirEntry) error {
	p := w.page
	if !strings.HasPrefix(key, p.prefix) || key <= p.after && key != p.again {
		return nil
	}
	group, grouped := p.group(key)
	switch {
	case grouped && (group <= p.after || p.has(group)):
		return nil
	case !grouped && !p.full():
		return w.put(key, path, d)
	}
	switch exists, err := w.exists(path, d); {
	case err != nil || !exists:
		return err
	case p.full():
		p.more = true
		return fs.SkipAll
	}
	p.prefixes, p.last, p.lastVersion = append(p.prefixes, group), group, ""
	return nil
}
