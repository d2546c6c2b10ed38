package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/thumbing/thumbing/internal/avatar"
	cognitotokens "github.com/thumbing/thumbing/internal/cognito"
	"github.com/thumbing/thumbing/internal/localcloud"
	"github.com/thumbing/thumbing/internal/localcloud/atomicfile"
	"github.com/thumbing/thumbing/internal/localcloud/cognito"
	"github.com/thumbing/thumbing/internal/localcloud/loopback"
	"github.com/thumbing/thumbing/internal/profile"
	"github.com/thumbing/thumbing/internal/profile/database"
	"github.com/thumbing/thumbing/internal/profile/uploads"
	"github.com/thumbing/thumbing/internal/settings"
	"github.com/thumbing/thumbing/internal/signin"
	"github.com/thumbing/thumbing/internal/snsmessage"
)

// devSites is where the parts of the local cloud are found.
type devSites struct {
	page, avatars, s3 string // URLs without a slash at the end
}

// devProfiles is the profile service of the local cloud, with all that it needs.
type devProfiles struct {
	database *database.Database
	pool     *cognito.Pool
	service  *profile.Service
}

// openDevProfiles opens what the data folder holds, or makes it.
func openDevProfiles(ctx context.Context, data string, plan localcloud.Plan, f settings.Function, at devSites, log *slog.Logger) (p devProfiles, err error) {
	// Never DATABASE_URL: people are invented here.
	if p.database, err = openDatabase(ctx, "", data, true); err != nil {
		return p, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.database.Close())
		}
	}()
	if _, err := profile.Seed(ctx, p.database, time.Now()); err != nil {
		return p, err
	}
	if p.pool, err = newDevPool(plan, data, at.page, log); err != nil {
		return p, err
	}
	sessions, err := newDevSignIn(p.pool, data, at.page, log)
	if err != nil {
		return p, err
	}
	p.service, err = newDevProfile(ctx, p.database, plan, f, at, sessions, log)
	return p, err
}

// newDevProfile is the service, with the local S3 server to upload to and the local SNS to believe.
func newDevProfile(ctx context.Context, people *database.Database, plan localcloud.Plan, f settings.Function, at devSites, auth profile.Authenticator, log *slog.Logger) (*profile.Service, error) {
	var topics []string
	for _, t := range plan.Topics {
		topics = append(topics, t.ARN)
	}
	messages, err := snsmessage.NewVerifier(snsmessage.Config{TopicARNs: topics, LocalPrefixes: []string{at.page + snsPath}})
	if err != nil {
		return nil, err
	}
	signer := uploads.NewSigner(s3.New(s3.Options{
		BaseEndpoint: &at.s3, UsePathStyle: true, Region: devRegion,
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
		Database: people, Auth: auth, Uploads: signer, Messages: messages,
		UploadsBucket: f.SourceBucket, AssetsBucket: f.DestBucket,
		Keys:       avatar.Keys{Input: f.FolderInput, Output: f.FolderOutput},
		AvatarsURL: at.avatars, PublicURL: at.page, UploadsOrigin: origin,
		WriteRate: settings.DefaultWriteRate, WriteBurst: 4 * settings.DefaultWriteRate, Seeded: handles, RequestLevel: slog.LevelDebug,
		Hint: fmt.Sprintf("aws --endpoint-url %s s3 cp photo.jpg s3://%s/%sphoto.jpg", at.s3, f.SourceBucket, f.FolderInput),
		Log:  log.With("service", "profile"),
	})
}

// newDevPool is the user pool: its users are the invented people. Signing in leads back to the profile service here, or
// to another service of this machine that the webhook leads to.
func newDevPool(plan localcloud.Plan, data, page string, log *slog.Logger) (*cognito.Pool, error) {
	c := cognito.Config{URL: page + cognitoPath, Dir: filepath.Join(data, devPool), Log: log.With("service", "cognito")}
	for _, s := range profile.Seeds() {
		c.Users = append(c.Users, cognito.User{Subject: s.Subject, Username: s.Handle, Name: s.DisplayName, Email: s.Email})
	}
	sites := []string{page}
	for _, t := range plan.Topics {
		for _, s := range t.Subscriptions {
			if u, err := url.Parse(s.Endpoint); err == nil && loopback.IsHost(u.Host) {
				sites = append(sites, u.Scheme+"://"+u.Host)
			}
		}
	}
	for _, site := range sites {
		c.Callbacks = append(c.Callbacks, site+"/signin/callback")
		c.SignOuts = append(c.SignOuts, site+"/")
	}
	return cognito.New(c)
}

// newDevSignIn signs people in with the pool. Its key stays in the data folder, so that sessions outlive a restart.
func newDevSignIn(pool *cognito.Pool, data, page string, log *slog.Logger) (*signin.Service, error) {
	tokens, err := cognitotokens.NewVerifier(cognitotokens.Config{Issuer: pool.Issuer(), ClientIDs: []string{cognito.ClientID}})
	if err != nil {
		return nil, err
	}
	key, err := keptKey(filepath.Join(data, "session.key"))
	if err != nil {
		return nil, err
	}
	return signin.New(signin.Config{Verifier: tokens, Domain: page + cognitoPath, ClientID: cognito.ClientID, PublicURL: page,
		Home: "/me", Keys: [][]byte{key}, Log: log.With("service", "profile")})
}

// keptKey is the random key in a file, which it makes when there is none.
func keptKey(path string) ([]byte, error) {
	const length = 32
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key = make([]byte, length)
		_, _ = rand.Read(key) // never fails
		err = atomicfile.Write(path, key)
	}
	if err == nil && len(key) != length {
		err = fmt.Errorf("%s is no key: remove it, and another is made", path)
	}
	return key, err
}
