package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/localcloud"
	"github.com/thumbing/thumbing/internal/profile"
	"github.com/thumbing/thumbing/internal/profile/database"
	"github.com/thumbing/thumbing/internal/profile/uploads"
	"github.com/thumbing/thumbing/internal/settings"
	"github.com/thumbing/thumbing/internal/snsmessage"
)

// openDevDatabase opens the database of the local cloud, with the schema and the people of this program.
func openDevDatabase(ctx context.Context, data string) (*database.Database, error) {
	d, err := database.Open(filepath.Join(data, "profile.db"))
	if err != nil {
		return nil, err
	}
	if err := d.Migrate(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if _, err := profile.Seed(ctx, d, time.Now()); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// newDevProfile is the profile service, with the local S3 server to upload to and the local SNS to believe.
func newDevProfile(ctx context.Context, people *database.Database, plan localcloud.Plan, f settings.Function, s3Listen, pageURL, avatarURL string, log *slog.Logger) (*profile.Service, error) {
	var topics []string
	for _, t := range plan.Topics {
		topics = append(topics, t.ARN)
	}
	messages, err := snsmessage.NewVerifier(snsmessage.Config{TopicARNs: topics, LocalPrefixes: []string{pageURL + snsPath}})
	if err != nil {
		return nil, err
	}
	signer := uploads.NewSigner(s3.New(s3.Options{
		BaseEndpoint: new("http://" + s3Listen), UsePathStyle: true, Region: devRegion,
		Credentials: credentials.NewStaticCredentialsProvider(devAccessKey, devSecretKey, ""),
	}), f.SourceBucket, f.Limits.Bytes)
	origin, err := signer.Origin(ctx)
	if err != nil {
		return nil, err
	}
	var handles []string
	for _, s := range profile.Seeds() {
		handles = append(handles, s.Handle)
	}
	return profile.New(profile.Config{
		Database: people, Auth: nobody{}, Uploads: signer, Messages: messages,
		UploadsBucket: f.SourceBucket, AssetsBucket: f.DestBucket,
		Keys:       avatar.Keys{Input: f.FolderInput, Output: f.FolderOutput},
		AvatarsURL: avatarURL, PublicURL: pageURL, UploadsOrigin: origin,
		WriteRate: settings.DefaultWriteRate, WriteBurst: 4 * settings.DefaultWriteRate, Seeded: handles, RequestLevel: slog.LevelDebug,
		Hint: fmt.Sprintf("aws --endpoint-url http://%s s3 cp photo.jpg s3://%s/%sphoto.jpg", s3Listen, f.SourceBucket, f.FolderInput),
		Log:  log.With("service", "profile"),
	})
}

// nobody lets nobody in.
type nobody struct{}

func (nobody) Authenticate(*http.Request) (profile.Identity, error) {
	return profile.Identity{}, errors.New("nobody can sign in")
}

func (nobody) Handler(app http.Handler) http.Handler { return app }
