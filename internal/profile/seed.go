package profile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/thumbing/thumbing/internal/profile/database"
)

// Seeded is somebody who is not real, to try the service with.
type Seeded struct {
	Subject, Handle, DisplayName, Email, Bio string

	said []said
}

// said is an activity, told by how long ago it was.
type said struct {
	ago, lasts time.Duration // lasts is 0 for what stays
	message    string
	counts     [3]int // likes, replies, reposts
}

const (
	hour = time.Hour
	day  = 24 * hour
)

// Seeds answers the people that Seed adds.
func Seeds() []Seeded {
	return []Seeded{
		{
			Subject: "5d3f2b1c-8a47-4e0e-9c61-2f7a90b4d101", Handle: "ada", DisplayName: "Ada Marsh", Email: "ada@example.com",
			Bio: "Ceramics, tide tables, and the long way round.\nKiln day is Thursday.",
			said: []said{
				{2 * hour, 7 * day, "The celadon came out of the kiln the colour of the harbour at six in the morning. Keeping this one.", [3]int{41, 6, 3}},
				{26 * hour, 7 * day, "Spring tide tonight. If you have ever wanted to walk to the lighthouse, it is now or in September.", [3]int{18, 2, 9}},
				{3 * day, 0, "Glaze test no. 112: no.", [3]int{77, 12, 4}},
				{9 * day, 0, "Opened the studio. Come by, bring a mug, leave with another.", [3]int{120, 31, 22}},
			},
		},
		{
			Subject: "8f0c7e52-61d9-4b3a-a5f4-70e1c2d83202", Handle: "bo", DisplayName: "Bo Lindqvist", Email: "bo@example.com",
			Bio: "I count birds before breakfast.", said: birdCounts(),
		},
		{
			Subject: "c41a9d07-3e5b-4f88-8b1d-94f6e07a5303", Handle: "noor", DisplayName: "نور حداد", Email: "noor@example.com",
			Bio: "خطّاطة. Calligrapher between two alphabets.",
			said: []said{
				{5 * hour, 3 * day, "اليوم درس مجاني في المكتبة، الساعة السادسة.", [3]int{33, 4, 8}},
				{4 * day, 0, "A reed pen, cut fresh, sounds like someone whispering on paper.", [3]int{58, 3, 11}},
			},
		},
		{
			Subject: "e97b4c38-d206-4a15-b3c9-1d58f6a27404", Handle: "sol", DisplayName: "Sol", Email: "sol@example.com",
		},
	}
}

// birdCounts is more than a page shows.
func birdCounts() []said {
	birds := []string{"wrens", "great tits", "oystercatchers", "siskins", "long-tailed tits", "herring gulls", "goldcrests"}
	var all []said
	for i := range 48 {
		bird := birds[i%len(birds)]
		all = append(all, said{ago: time.Duration(i)*day + 3*hour, message: fmt.Sprintf("%d %s this morning.", 3+i*5%17, bird),
			counts: [3]int{i * 7 % 13, i % 3, i % 2}})
	}
	return all
}

// Seed adds the people of Seeds with what they said. Who is there already stays as they are.
func Seed(ctx context.Context, d *database.Database, now time.Time) (added int, err error) {
	for _, s := range Seeds() {
		_, err := d.UserBySubject(ctx, s.Subject)
		if err == nil {
			continue
		}
		if !errors.Is(err, database.ErrNotFound) {
			return added, err
		}
		u, err := d.AddUser(ctx, database.User{Subject: s.Subject, Handle: s.Handle, DisplayName: s.DisplayName, Email: s.Email, Bio: s.Bio})
		if err != nil {
			return added, fmt.Errorf("add %s: %w", s.Handle, err)
		}
		for i, a := range s.said {
			activity := database.Activity{
				UUID:    uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%s/%d", u.UUID, i)).String(),
				Message: a.message, Likes: a.counts[0], Replies: a.counts[1], Reposts: a.counts[2], CreatedAt: now.Add(-a.ago),
			}
			if a.lasts > 0 {
				activity.ExpiresAt = activity.CreatedAt.Add(a.lasts)
			}
			if err := d.AddActivity(ctx, u.UUID, activity); err != nil {
				return added, fmt.Errorf("add what %s said: %w", s.Handle, err)
			}
		}
		added++
	}
	return added, nil
}
