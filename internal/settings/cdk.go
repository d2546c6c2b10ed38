package settings

import "os"

// The variables between the CDK command line, its app and the jsii runtime below it.
const (
	CDKContext = "CDK_CONTEXT_JSON"
	CDKOutDir  = "CDK_OUTDIR"
	CDKRegion  = "CDK_DEFAULT_REGION"
	JSIINode   = "JSII_NODE"
)

// CDK is what the CDK command line tells the app that it runs. All is empty when the app runs by itself.
type CDK struct {
	Context string // JSON object: the context of cdk.json, of the command line and of earlier lookups
	OutDir  string // where the cloud assembly goes
	Region  string // where the stack would go
	Node    string // the Node that the jsii runtime is to use
}

// LoadCDK reads what the CDK command line says from the environment.
func LoadCDK() CDK {
	return CDK{
		Context: os.Getenv(CDKContext),
		OutDir:  os.Getenv(CDKOutDir),
		Region:  os.Getenv(CDKRegion),
		Node:    os.Getenv(JSIINode),
	}
}
