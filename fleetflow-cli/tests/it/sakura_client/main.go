// A client of SAKURA Cloud on the official service library, the one that its command line is made of. It lists what is
// there, or leads a server, its disk and a key through a whole life; everything is printed as JSON for a test to check.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/sacloud/iaas-api-go"
	"github.com/sacloud/iaas-api-go/defaults"
	"github.com/sacloud/iaas-api-go/helper/api"
	"github.com/sacloud/iaas-api-go/ostype"
	"github.com/sacloud/iaas-api-go/types"
	"github.com/sacloud/iaas-service-go/disk"
	"github.com/sacloud/iaas-service-go/server"
	"github.com/sacloud/iaas-service-go/sshkey"
)

const zone = "tk1a"

type row map[string]any

func main() {
	options, err := api.DefaultOption()
	must(err)
	caller := api.NewCallerWithOptions(options)
	// The emulated cloud needs no politeness.
	defaults.DefaultStatePollingInterval = 50 * time.Millisecond
	defaults.DefaultPowerHelperBootRetrySpan = 200 * time.Millisecond
	defaults.DefaultPowerHelperShutdownRetrySpan = 200 * time.Millisecond
	defaults.DefaultPowerHelperInitialRequestRetrySpan = 200 * time.Millisecond
	switch os.Args[1] {
	case "list":
		print(list(caller))
	case "life":
		life(caller)
	case "power-off":
		found, err := server.New(caller).Find(&server.FindRequest{Zone: zone, Names: []string{os.Args[2]}})
		must(err)
		must(server.New(caller).Shutdown(&server.ShutdownRequest{Zone: zone, ID: found[0].ID, ForceShutdown: true}))
	default:
		must(fmt.Errorf("unknown command %q", os.Args[1]))
	}
}

func list(caller iaas.APICaller) row {
	found, err := server.New(caller).Find(&server.FindRequest{Zone: zone})
	must(err)
	servers := []row{}
	for _, one := range found {
		servers = append(servers, seen(one))
	}
	stored, err := disk.New(caller).Find(&disk.FindRequest{Zone: zone})
	must(err)
	disks := []row{}
	for _, one := range stored {
		disks = append(disks, row{"id": one.ID.String(), "name": one.Name, "gib": one.GetSizeGB(),
			"plan": one.DiskPlanName, "availability": one.Availability, "encryption": one.EncryptionAlgorithm})
	}
	known, err := sshkey.New(caller).Find(&sshkey.FindRequest{})
	must(err)
	keys := []row{}
	for _, one := range known {
		keys = append(keys, row{"id": one.ID.String(), "name": one.Name, "fingerprint": one.Fingerprint})
	}
	return row{"servers": servers, "disks": disks, "keys": keys}
}

func seen(one *iaas.Server) row {
	disks := []row{}
	for _, disk := range one.Disks {
		disks = append(disks, row{"id": disk.ID.String(), "name": disk.Name})
	}
	return row{"id": one.ID.String(), "name": one.Name, "power": one.InstanceStatus, "core": one.CPU,
		"gib": one.GetMemoryGB(), "ip": one.Interfaces[0].IPAddress, "tags": one.Tags, "disks": disks,
		"created": one.CreatedAt.Format(time.RFC3339)}
}

// A key, a server with a disk that it is written into, off, on, and away again. Each step prints what is there.
func life(caller iaas.APICaller) {
	key, err := sshkey.New(caller).Create(&sshkey.CreateRequest{Name: "ops", PublicKey: os.Args[2]})
	must(err)
	servers := server.New(caller)
	made, err := servers.Apply(&server.ApplyRequest{
		Zone: zone, Name: "theirs", CPU: 2, MemoryGB: 4, Tags: types.Tags{"by-hand"}, BootAfterCreate: true,
		Commitment:        types.Commitments.Standard,
		NetworkInterfaces: []*server.NetworkInterface{{Upstream: "shared"}},
		Disks: []*disk.ApplyRequest{{
			Zone: zone, Name: "theirs", SizeGB: 40, DiskPlanID: types.DiskPlans.SSD, OSType: ostype.Ubuntu2404,
			Connection: types.DiskConnections.VirtIO,
			EditParameter: &disk.EditParameter{
				HostName: "theirs", DisablePWAuth: true, SSHKeyIDs: []types.ID{key.ID},
			},
		}},
	})
	must(err)
	print(list(caller))
	must(servers.Shutdown(&server.ShutdownRequest{Zone: zone, ID: made.ID, ForceShutdown: true}))
	print(list(caller))
	must(servers.Boot(&server.BootRequest{Zone: zone, ID: made.ID}))
	read, err := servers.Read(&server.ReadRequest{Zone: zone, ID: made.ID})
	must(err)
	print(row{"servers": []row{seen(read)}})
	must(servers.Delete(&server.DeleteRequest{Zone: zone, ID: made.ID, WithDisks: true, Force: true, FailIfNotFound: true}))
	must(sshkey.New(caller).Delete(&sshkey.DeleteRequest{ID: key.ID, FailIfNotFound: true}))
	print(list(caller))
}

func print(what row) {
	must(json.NewEncoder(os.Stdout).Encode(what))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
