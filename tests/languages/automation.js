// Runs one operation of a stack with the compiled program of the current folder: `node automation.js STACK up`.

const path = require("node:path");
const { createRequire } = require("node:module");

const folder = process.cwd();
const { LocalWorkspace } = createRequire(path.join(folder, "index.js"))("@pulumi/pulumi/automation");
const program = async () => require(path.join(folder, "bin", "index.js"));

async function main(stackName, operation) {
    const inline = { stackName, projectName: "shop", program };
    const stack = await LocalWorkspace.selectStack(inline, { workDir: folder });
    const diff = operation === "destroy" ? {} : { diff: true };
    const shown = { onOutput: (text) => process.stdout.write(text), onError: (text) => process.stderr.write(text) };
    await stack[operation]({ color: "never", ...shown, ...diff });
}

main(...process.argv.slice(2)).catch((error) => {
    console.error(String(error));
    process.exitCode = 1;
});
