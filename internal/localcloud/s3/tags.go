package s3

import "context"

// with calls f with the path of a key, while nobody else reads or changes the object.
func (s *store) with(bucket, key, action string, f func(path string) error) error {
	path, err := s.pathOf(bucket, key)
	if err != nil {
		return err
	}
	defer s.locks.write(bucket, key)()
	return s.fault(action, bucket, key, f(path))
}

// GetObjectTagging gives the tags of an object.
func (s *store) GetObjectTagging(ctx context.Context, bucket, key, version string) (tags map[string]string, err error) {
	err = s.with(bucket, key, "read the tags of", func(path string) (err error) {
		tags, err = s.Posix.GetObjectTagging(ctx, bucket, path, version)
		return err
	})
	return tags, err
}

// PutObjectTagging sets the tags of an object.
func (s *store) PutObjectTagging(ctx context.Context, bucket, key, version string, tags map[string]string) error {
	return s.with(bucket, key, "tag", func(path string) error {
		return s.Posix.PutObjectTagging(ctx, bucket, path, version, tags)
	})
}

// DeleteObjectTagging removes the tags of an object.
func (s *store) DeleteObjectTagging(ctx context.Context, bucket, key, version string) error {
	return s.with(bucket, key, "untag", func(path string) error {
		return s.Posix.DeleteObjectTagging(ctx, bucket, path, version)
	})
}

// PutObjectRetention locks an object for some time.
func (s *store) PutObjectRetention(ctx context.Context, bucket, key, version string, retention []byte) error {
	return s.with(bucket, key, "retain", func(path string) error {
		return s.Posix.PutObjectRetention(ctx, bucket, path, version, retention)
	})
}

// GetObjectRetention tells for how long an object is locked.
func (s *store) GetObjectRetention(ctx context.Context, bucket, key, version string) (retention []byte, err error) {
	err = s.with(bucket, key, "read the retention of", func(path string) (err error) {
		retention, err = s.Posix.GetObjectRetention(ctx, bucket, path, version)
		return err
	})
	return retention, err
}

// PutObjectLegalHold locks an object until it is unlocked.
func (s *store) PutObjectLegalHold(ctx context.Context, bucket, key, version string, on bool) error {
	return s.with(bucket, key, "hold", func(path string) error {
		return s.Posix.PutObjectLegalHold(ctx, bucket, path, version, on)
	})
}

// GetObjectLegalHold tells whether an object is locked until it is unlocked.
func (s *store) GetObjectLegalHold(ctx context.Context, bucket, key, version string) (on *bool, err error) {
	err = s.with(bucket, key, "read the hold of", func(path string) (err error) {
		on, err = s.Posix.GetObjectLegalHold(ctx, bucket, path, version)
		return err
	})
	return on, err
}
