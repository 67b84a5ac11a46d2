// Opens /docs in Chromium as a reader would, and creates an order from it:
//     node docs_page.mjs MODULES ORIGIN USER_DATA
// Prints what a person sees as JSON: {title, operations, status, shown, order, problems}. The browser's profile is USER_DATA.
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [modules, origin, userData] = process.argv.slice(2);
const { chromium } = createRequire(join(resolve(modules), "index.js"))("playwright-core");

const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];
const limit = 60_000;
const problems = [];

function watch(page) {
  page.on("request", (request) => {
    if (!isOurs(request.url())) problems.push(`fetched from elsewhere: ${request.url()}`);
  });
  page.on("requestfailed", (request) => problems.push(`failed: ${request.url()} ${request.failure().errorText}`));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
}

function isOurs(address) {
  const { protocol, origin: from } = new URL(address);
  return from === origin || protocol === "data:" || protocol === "blob:";
}

// What the page shows and what came over the wire.
async function createOrder(page) {
  const operation = page.locator(".opblock-post").filter({ has: page.locator('[data-path="/orders"]') });
  await operation.locator(".opblock-summary-control").click();
  const arrival = page.waitForResponse((response) => response.request().method() === "POST");
  await operation.getByRole("button", { name: "Execute" }).click();
  const shown = operation.locator(".live-responses-table .response");
  return {
    status: (await shown.locator(".response-col_status").innerText()).trim(),
    shown: await shown.locator(".response-col_description").innerText(),
    order: await (await arrival).json(),
  };
}

const browser = await chromium.launchPersistentContext(userData, {
  executablePath: "/usr/bin/chromium", headless: true, args: quiet, timeout: limit, serviceWorkers: "block",
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(limit);
  watch(page);
  await page.goto(`${origin}/docs`);
  await page.locator(".opblock").first().waitFor();
  const operations = await page.locator(".opblock").count();
  const title = await page.locator(".info .title").first().innerText();
  process.stdout.write(JSON.stringify({ title, operations, ...(await createOrder(page)), problems }) + "\n");
} finally {
  await browser.close();
}
