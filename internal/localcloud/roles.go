package localcloud

import (
	"maps"
	"slices"

	"github.com/thumbing/thumbing/internal/localcloud/iam"
	"github.com/thumbing/thumbing/internal/localcloud/template"
)

// awsManaged are the policies of AWS's own that functions usually have, by ARN.
// Source: AWS Managed Policy Reference Guide.
var awsManaged = map[string]iam.Policy{
	"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole": {Statement: iam.Statements{{Effect: iam.Allow,
		Action: iam.Patterns{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}, Resource: iam.Patterns{"*"}}}},
}

// roles are the template's roles while their policies are found, which come in several ways.
type roles struct {
	byName  map[string]*iam.Role
	managed map[string]iam.Policy // by ARN
	uses    []func()              // of managed policies, to be made when all are known
}

func newRoles() roles {
	return roles{byName: map[string]*iam.Role{}, managed: map[string]iam.Policy{}}
}

func (p *planner) addRole(r template.Resource) error {
	var in struct {
		Policies          []struct{ PolicyDocument iam.Policy }
		ManagedPolicyArns []string

		// Only functions take roles here, and each is given its own.
		AssumeRolePolicyDocument, RoleName, Path, Description, MaxSessionDuration, Tags any
	}
	if err := p.decode(r, &in); err != nil {
		return err
	}
	name, err := p.t.PhysicalID(r)
	if err != nil {
		return err
	}
	arn, err := p.t.Attribute(r, "Arn")
	if err != nil {
		return err
	}
	role := &iam.Role{Name: name, ARN: arn}
	for _, policy := range in.Policies {
		p.attach(r, role, policy.PolicyDocument)
	}
	for _, arn := range in.ManagedPolicyArns {
		p.roles.uses = append(p.roles.uses, func() {
			policy, ok := p.roles.managed[arn]
			if !ok {
				policy, ok = awsManaged[arn]
			}
			if !ok {
				p.notice(r, "the managed policy %s is not in this template: it allows nothing here", arn)
			}
			p.attach(r, role, policy)
		})
	}
	p.roles.byName[name] = role
	return nil
}

// addPolicy adds a policy to the roles that it names. A managed one can also be named by roles.
func (p *planner) addPolicy(r template.Resource) error {
	var in struct {
		PolicyDocument iam.Policy
		Roles          []string

		PolicyName, ManagedPolicyName, Description, Path any
	}
	if err := p.decode(r, &in); err != nil {
		return err
	}
	if r.Type == "AWS::IAM::ManagedPolicy" {
		arn, err := p.t.PhysicalID(r)
		if err != nil {
			return err
		}
		p.roles.managed[arn] = in.PolicyDocument
	}
	for _, name := range in.Roles {
		if role, ok := p.roles.byName[name]; ok {
			p.attach(r, role, in.PolicyDocument)
		} else {
			p.notice(r, "its role %s is not in this template", name)
		}
	}
	return nil
}

// attach adds a policy to a role, and tells of what in it is not evaluated.
func (p *planner) attach(r template.Resource, role *iam.Role, policy iam.Policy) {
	role.Policies = append(role.Policies, policy)
	for _, notice := range policy.Notices() {
		p.notice(r, "%s", notice)
	}
}

// assignRoles gives the functions their roles, once every policy is known.
func (p *planner) assignRoles() {
	for _, use := range p.roles.uses {
		use()
	}
	byARN := map[string]*iam.Role{}
	for _, role := range p.roles.byName {
		byARN[role.ARN] = role
	}
	for _, arn := range slices.Sorted(maps.Keys(p.functions)) {
		f := p.functions[arn]
		if role, ok := byARN[f.Role.ARN]; ok {
			f.Role = *role
			continue
		}
		f.Role.Policies = []iam.Policy{iam.Everything}
		p.notices = append(p.notices, Notice{f.Name, "AWS::Lambda::Function",
			"what its role may do is not told by this template: here the function may do everything"})
	}
}
