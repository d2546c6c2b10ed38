package settings

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// signingIn is the least that ParseSignIn accepts.
var signingIn = map[string]string{
	PublicURL: "https://www.example.com", CognitoUserPoolID: "eu-west-1_AbC123", CognitoClientID: "3n4b5urk1ft4fl3mg5e62d9ado",
	CognitoDomain: "my-app", SessionKey: "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
}

func TestParseSignIn(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	want := SignIn{
		PublicURL: "https://www.example.com", Issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123",
		Domain: "https://my-app.auth.eu-west-1.amazoncognito.com", ClientIDs: []string{"3n4b5urk1ft4fl3mg5e62d9ado"}, SessionKeys: [][]byte{key},
	}
	for _, test := range []struct {
		name    string
		changes map[string]string
		want    func(*SignIn)
	}{
		{"the least", nil, func(*SignIn) {}},
		{"slash and port", map[string]string{PublicURL: "https://WWW.example.com:443/"}, func(*SignIn) {}},
		{"this machine", map[string]string{PublicURL: "http://localhost:8080"}, func(s *SignIn) { s.PublicURL = "http://localhost:8080" }},
		{"China", map[string]string{CognitoUserPoolID: "cn-north-1_AbC", CognitoDomain: "auth.example.cn"}, func(s *SignIn) {
			s.Issuer, s.Domain = "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_AbC", "https://auth.example.cn"
		}},
		{"whole domain", map[string]string{CognitoDomain: "https://auth.example.com/"}, func(s *SignIn) { s.Domain = "https://auth.example.com" }},
		{"several clients", map[string]string{CognitoClientID: "one, two,one"}, func(s *SignIn) { s.ClientIDs = []string{"one", "two"} }},
		{"secret", map[string]string{CognitoClientSecret: " s3cret "}, func(s *SignIn) { s.ClientSecret = "s3cret" }},
		{"two keys", map[string]string{SessionKey: strings.Repeat("_-", 22) + "," + signingIn[SessionKey]}, func(s *SignIn) {
			s.SessionKeys = [][]byte{[]byte(strings.Repeat("\xff\xef\xfe", 11)), key}
		}},
		{"both pool and issuer", map[string]string{CognitoIssuer: want.Issuer}, func(*SignIn) {}},
		{"local cloud", map[string]string{CognitoUserPoolID: "-", CognitoIssuer: "http://127.0.0.1:8080/cognito/us-east-1_Thumbing", CognitoDomain: "http://127.0.0.1:8080/cognito"},
			func(s *SignIn) {
				s.Issuer, s.Domain = "http://127.0.0.1:8080/cognito/us-east-1_Thumbing", "http://127.0.0.1:8080/cognito"
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseSignIn(from(with(signingIn, test.changes)))
			if err != nil {
				t.Fatal(err)
			}
			want := want
			test.want(&want)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestParseSignInRefuses(t *testing.T) {
	const hush = "hush-hush"
	for _, test := range []struct {
		name    string
		changes map[string]string
		wrong   []string
	}{
		{"nothing", map[string]string{PublicURL: "-", CognitoUserPoolID: "-", CognitoClientID: "", CognitoDomain: "-", SessionKey: " "},
			[]string{PublicURL, CognitoUserPoolID, CognitoClientID, CognitoDomain, SessionKey}},
		{"no scheme", map[string]string{PublicURL: "www.example.com", CognitoIssuer: "cognito"}, []string{PublicURL, CognitoIssuer}},
		{"unencrypted", map[string]string{PublicURL: "http://www.example.com", CognitoDomain: "http://auth.example.com", CognitoUserPoolID: "-", CognitoIssuer: "http://example.com/x_y"},
			[]string{PublicURL, CognitoDomain, CognitoIssuer}},
		{"with a path", map[string]string{PublicURL: "https://www.example.com/app", CognitoDomain: "auth.example.com/login"}, []string{PublicURL, CognitoDomain}},
		{"two URLs", map[string]string{PublicURL: "https://a.example.com,https://b.example.com"}, []string{PublicURL}},
		{"pool's name", map[string]string{CognitoUserPoolID: "my pool"}, []string{CognitoUserPoolID}},
		{"another pool's issuer", map[string]string{CognitoIssuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other"}, []string{CognitoIssuer}},
		{"issuer with a slash", map[string]string{CognitoIssuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123/"}, []string{CognitoIssuer}},
		{"prefix without a region", map[string]string{CognitoUserPoolID: "-", CognitoIssuer: "https://idp.example.com"}, []string{CognitoDomain}},
		{"client's name", map[string]string{CognitoClientID: "my client"}, []string{CognitoClientID}},
		{"blank among the clients", map[string]string{CognitoClientID: "one,,two"}, []string{CognitoClientID}},
		{"secret with blanks", map[string]string{CognitoClientSecret: hush + " x"}, []string{CognitoClientSecret}},
		{"key as text", map[string]string{SessionKey: hush + "!"}, []string{SessionKey}},
		{"short key", map[string]string{SessionKey: strings.ReplaceAll(hush, "-", "") + "hush"}, []string{SessionKey}},
		{"short second key", map[string]string{SessionKey: signingIn[SessionKey] + ",hushhush"}, []string{SessionKey}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseSignIn(from(with(signingIn, test.changes)))
			if err == nil {
				t.Fatal("accepted")
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(test.wrong) {
				t.Errorf("problems:\n%v\nwant %q", err, test.wrong)
			}
			for _, name := range test.wrong {
				if !strings.Contains("\n"+err.Error(), "\n"+name+" ") {
					t.Errorf("%s is not named in:\n%v", name, err)
				}
			}
			if strings.Contains(err.Error(), "hush") {
				t.Errorf("the error holds a secret: %v", err)
			}
		})
	}
}
