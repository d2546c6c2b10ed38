package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"
	"golang.org/x/time/rate"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/cognito"
	"github.com/thumbing/thumbing/internal/profile"
	"github.com/thumbing/thumbing/internal/profile/database"
	"github.com/thumbing/thumbing/internal/profile/uploads"
	"github.com/thumbing/thumbing/internal/settings"
	"github.com/thumbing/thumbing/internal/signin"
	"github.com/thumbing/thumbing/internal/snsmessage"
)

const (
	// drainTimeout is how long requests under way may take to end when the service does. Orchestrators
	// give 30 seconds before they kill.
	drainTimeout = 20 * time.Second
	// How long the database may take to answer at the start, and to be brought up to date.
	connectTimeout = 15 * time.Second
	migrateTimeout = 5 * time.Minute
)

type serveOptions struct {
	listen, data string
	migrate      bool
}

func newServeCommand() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve people's profiles: pages, API and webhook",
		Long: `Serve a page for each person, the API behind it, and the webhook that hears of avatars from SNS. People sign in
through an Amazon Cognito user pool. What it serves is logged to standard output, a JSON line a request.

It takes what it needs from the environment; .env fills what is unset, and .env.example names it all. Profiles are
kept in PostgreSQL where DATABASE_URL names one, else in a SQLite file in the data folder. Uploads are signed with
the AWS SDK's own credentials, which need s3:PutObject on the uploads bucket.`,
		Example: `  thumbing serve --migrate
  DATABASE_URL=postgres://thumbing@localhost/thumbing thumbing serve --listen :8080`,
		Args:              operands(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return failure.Within("serve", serve(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8080", "address to serve at; :8080 is that port of every interface")
	flags.StringVar(&o.data, "data", ".thumbing", "folder of the SQLite file, where DATABASE_URL is not set")
	flags.BoolVar(&o.migrate, "migrate", false, "bring the database's schema up to date first")
	return cmd
}

// serve runs the profile service until ctx is done.
func serve(ctx context.Context, o serveOptions, stdout, stderr io.Writer) (err error) {
	set, err := settings.LoadProfile(".")
	if err != nil {
		return err
	}
	if set.DotEnv != "" {
		fmt.Fprintf(stderr, "settings: %s fills what the environment leaves unset\n", set.DotEnv)
	}
	people, err := openDatabase(ctx, set.Database, o.data, o.migrate)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, people.Close()) }()
	log := slog.New(slog.NewJSONHandler(stdout, nil))
	service, err := newProfile(ctx, set, people, log)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return failure.WithHint(fmt.Errorf("%s is taken by another program", o.listen), "end it, or give --listen another address")
	}
	if err != nil {
		return failure.Usage(fmt.Errorf("--listen %s: %w", o.listen, err))
	}
	tidy, cancel := context.WithCancel(ctx)
	defer cancel()
	go service.Tidy(tidy)
	log.Info("serving", "address", listener.Addr().String(), "public_url", set.SignIn.PublicURL, "database", people.String())
	defer log.Info("ended")
	return serveGracefully(ctx, listener, service)
}

// serveGracefully serves until ctx is done, and lets requests under way end.
func serveGracefully(ctx context.Context, l net.Listener, service *profile.Service) error {
	server := &http.Server{Handler: service.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	server.RegisterOnShutdown(service.EndStreams)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		return errors.Join(fmt.Errorf("some requests did not end in %s: %w", drainTimeout, err), server.Close())
	}
	return nil
}

// openDatabase opens the database of the URL, or the SQLite file in the data folder where there is none, and
// makes sure of its schema.
func openDatabase(ctx context.Context, location, data string, migrate bool) (*database.Database, error) {
	d, err := connect(ctx, location, data)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	if migrate {
		err = d.Migrate(ctx)
	} else if err = d.Check(ctx); err != nil {
		if _, old := errors.AsType[*database.VersionError](err); old {
			err = failure.WithHint(err, "run it with --migrate once")
		}
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// newProfile is the profile service that the settings describe.
func newProfile(ctx context.Context, set settings.Profile, people *database.Database, log *slog.Logger) (*profile.Service, error) {
	tokens, err := cognito.NewVerifier(cognito.Config{Issuer: set.SignIn.Issuer, ClientIDs: set.SignIn.ClientIDs})
	if err != nil {
		return nil, err
	}
	sessions, err := signin.New(signin.Config{
		Verifier: tokens, Domain: set.SignIn.Domain, ClientID: set.SignIn.ClientIDs[0], ClientSecret: set.SignIn.ClientSecret,
		PublicURL: set.SignIn.PublicURL, Home: "/me", Keys: set.SignIn.SessionKeys, Log: log,
	})
	if err != nil {
		return nil, err
	}
	believed := snsmessage.Config{TopicARNs: []string{set.Topic}}
	if set.LocalSNS != "" {
		believed.LocalPrefixes = []string{set.LocalSNS}
	}
	messages, err := snsmessage.NewVerifier(believed)
	if err != nil {
		return nil, err
	}
	signer, origin, err := newSigner(ctx, set)
	if err != nil {
		return nil, err
	}
	return profile.New(profile.Config{
		Database: people, Auth: sessions, Uploads: signer, Messages: messages,
		UploadsBucket: set.UploadsBucket, AssetsBucket: set.AssetsBucket,
		Keys:       avatar.Keys{Input: set.FolderInput, Output: set.FolderOutput},
		AvatarsURL: set.AssetsURL, PublicURL: set.SignIn.PublicURL, UploadsOrigin: origin, SignInOrigin: set.SignIn.Domain,
		AllowedOrigins: set.AllowedOrigins, WriteRate: rate.Limit(set.WriteRate), WriteBurst: 4 * set.WriteRate, Log: log,
	})
}

// newSigner signs uploads with the AWS SDK's own configuration, and tells early when there is none.
func newSigner(ctx context.Context, set settings.Profile) (signer *uploads.Signer, origin string, err error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, "", explainConfig(err)
	}
	client := newClient(cfg)
	if client.Options().Region == "" {
		return nil, "", failure.WithHint(errors.New("no AWS region is configured"), "set AWS_REGION, or name a profile that has one with AWS_PROFILE")
	}
	if _, err := client.Options().Credentials.Retrieve(ctx); err != nil {
		return nil, "", explainCredentials(err, aws.ToString(client.Options().BaseEndpoint))
	}
	signer = uploads.NewSigner(client, set.UploadsBucket, set.MaxBytes)
	origin, err = signer.Origin(ctx)
	return signer, origin, err
}
