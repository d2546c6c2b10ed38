package profile_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/profile"
	"github.com/thumbing/thumbing/internal/profile/database/databasetest"
)

// BenchmarkReads measures what most people ask for, many at once.
func BenchmarkReads(b *testing.B) {
	for name, location := range map[string]func(testing.TB) string{"sqlite": databasetest.SQLite, "postgres": databasetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			d := databasetest.Open(b, location(b))
			if _, err := profile.Seed(b.Context(), d, time.Now()); err != nil {
				b.Fatal(err)
			}
			s, err := profile.New(profile.Config{Database: d, Auth: tokens{}, Keys: avatar.Keys{Output: "out/"}, PublicURL: "https://www.example.com",
				WriteRate: rate.Inf, Log: slog.New(slog.NewJSONHandler(io.Discard, nil))})
			if err != nil {
				b.Fatal(err)
			}
			handler := s.Handler()
			for what, path := range map[string]string{"page": "/@bo", "short": "/api/users/@bo/short", "activities": "/api/activities/@bo"} {
				b.Run(what, func(b *testing.B) {
					b.SetParallelism(50)
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							w := httptest.NewRecorder()
							if handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil)); w.Code != http.StatusOK {
								b.Fatalf("answered %d", w.Code)
							}
						}
					})
				})
			}
		})
	}
}
