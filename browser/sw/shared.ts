/** What another app shares with ours waits here until the screen for a new post takes it. */

export const SHARED = "kith-shared";
export const SHARE = "/app/share";
const MOST_FILES = 10;

/** Keep what came, in place of what was shared before, and go to the screen that takes it. */
export async function keepShared(request: Request): Promise<Response> {
  const form = await request.formData();
  await caches.delete(SHARED);
  const cache = await caches.open(SHARED);
  const words = ["title", "text", "url"].map((name) => form.get(name)).filter(Boolean);
  await cache.put(`${SHARE}/words`, new Response(words.join("\n")));
  const files = form.getAll("files").filter((one) => one instanceof File);
  for (const [index, file] of files.slice(0, MOST_FILES).entries()) {
    const headers = {
      "Content-Type": file.type || "application/octet-stream",
      "X-Name": encodeURIComponent(file.name),
    };
    await cache.put(`${SHARE}/file/${index}`, new Response(file, { headers }));
  }
  return Response.redirect("/app/post?shared=1", 303);
}
