import { messages } from "../../../turn.mjs";

export const dynamic = "force-dynamic";

export async function GET(request, { params }) {
  const found = messages.get((await params).id);
  return Response.json(found ?? null, { status: found ? 200 : 404 });
}
