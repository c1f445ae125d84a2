// Asks @cloud-copilot/iam-simulate about cases: JSON from standard input, JSON to standard output.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.argv[2]}/package.json`);
const { runUnsafeSimulation } = require("@cloud-copilot/iam-simulate");

const account = "123456789012";

function decide({ action, resource, policy, boundary, context }) {
  const version = "2012-10-17";
  const simulation = {
    request: {
      principal: `arn:aws:iam::${account}:role/tester`,
      action,
      resource: { resource, accountId: account },
      contextVariables: context ?? {},
    },
    identityPolicies: [{ name: "policy", policy: { Version: version, Statement: policy } }],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  };
  if (boundary) {
    simulation.permissionBoundaryPolicies = [
      { name: "boundary", policy: { Version: version, Statement: boundary } },
    ];
  }
  return runUnsafeSimulation(simulation, {});
}

const cases = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map(decide)));
