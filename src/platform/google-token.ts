import { z } from 'zod';
import { jsonOf, parseAs } from './http-answer.ts';
import { createHttpClient, type HttpSystem, type RequestContext } from './http-client.ts';

const Token = z.object({ access_token: z.string().min(1) });

/** An access token of the service account, from the metadata server at this root. Throws where there is none. */
export async function googleToken(metadata: string, context: RequestContext): Promise<string> {
  const system: HttpSystem = { name: 'metadata', root: metadata, headers: { 'metadata-flavor': 'Google' } };
  const path = '/computeMetadata/v1/instance/service-accounts/default/token';
  const answer = await createHttpClient(system, context)({ method: 'GET', path });
  if (answer.status !== 200)
    throw new Error(`${answer.where}: no access token (found ${answer.status}, allowed 200)`);
  return parseAs(Token, jsonOf(answer), answer.where).access_token;
}
