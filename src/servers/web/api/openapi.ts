/** The API's OpenAPI 3.1 document, made from the table of routes: what is served, what is checked and what is told are one. */
import { z } from 'zod';
import { VERSION } from '#src/config/version.js';
import { NAMED_SCHEMAS } from './named-schemas.js';
import type { ApiRoute } from './route.js';
import { ROUTES } from './routes.js';
import { errorSchema } from './schema.js';

type Json = Readonly<Record<string, unknown>>;

const TAGS: Readonly<Record<string, string>> = {
  station: 'The station and what it says',
  cameras: 'Controls, profiles and pictures of a camera',
  sessions: 'Recordings: begin, end, look, edit, audit',
  frames: 'Recorded frames: find, time, see, fetch',
  triggers: 'Spans of time to keep',
  exports: 'Frames as files that other programs read, into the data folder’s `exports`',
  timeline: 'What went on in a span of time',
  watch: 'For programs that watch over others',
};
const ERRORS: Readonly<Record<number, string>> = {
  400: 'asked wrongly: the message names what',
  401: 'the token or the key of the run is needed, or this one opens nothing',
  404: 'there is no such thing',
  409: 'cannot be done now: the message says why',
  413: 'too large',
  416: 'the part that was asked for is not in it',
  429: 'too often: wait a little',
  500: 'failed',
  503: 'not now',
};
const EVERYWHERE = [400, 401, 429, 500];

let made: Json | null = null;

/** Made once. */
export function openApiDocument(): Json {
  made ??= make();
  return made;
}

function make(): Json {
  const answers = ROUTES.flatMap(({ answer }) => (answer instanceof z.ZodType ? [answer] : []));
  const schemas = new Schemas([errorSchema, ...answers]);
  const paths: Record<string, Record<string, Json>> = {};
  for (const entry of ROUTES) {
    const path = entry.path.replaceAll(/:(\w+)/g, '{$1}');
    const operations = paths[path] ?? {};
    operations[entry.method.toLowerCase()] = operationOf(entry, schemas);
    paths[path] = operations;
  }
  const tags = [...new Set(ROUTES.map(tagOf))];
  return {
    openapi: '3.1.0',
    info: {
      title: 'Appulse station',
      version: VERSION,
      description:
        'A high-speed timing and occultation acquisition station. Nanoseconds, block ids and keys are decimal numbers as text; instants are nanoseconds since 1970 UTC.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    // At loopback reading is free.
    security: [{ token: [] }, {}],
    tags: tags.map((name) => ({ name, ...(TAGS[name] !== undefined && { description: TAGS[name] }) })),
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'the token, or the key of the run' } },
      schemas: schemas.named,
    },
  };
}

function tagOf({ tag, path }: ApiRoute): string {
  return tag ?? path.split('/')[3] ?? 'station';
}

/** `getSessionsSession` of `GET /api/v1/sessions/:session`. */
function operationIdOf({ method, path }: ApiRoute): string {
  const words = path.replace(/^\/api\/v\d+/, '').split(/[^A-Za-z0-9]+/);
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function operationOf(entry: ApiRoute, schemas: Schemas): Json {
  const tooLarge = entry.body === undefined ? [] : [413];
  const beyond = entry.ranges === true ? [416] : [];
  const errors = [...new Set([...EVERYWHERE, ...tooLarge, ...beyond, ...(entry.errors ?? [])])].sort((a, b) => a - b);
  return {
    operationId: operationIdOf(entry),
    tags: [tagOf(entry)],
    summary: entry.summary,
    ...(entry.description !== undefined && { description: entry.description }),
    ...(entry.method !== 'GET' && { security: [{ token: [] }] }),
    ...parametersOf(entry, schemas),
    ...(entry.body !== undefined && {
      requestBody: {
        required: !entry.body.safeParse({}).success,
        content: { 'application/json': { schema: schemas.given(entry.body) } },
      },
    }),
    responses: {
      [entry.status ?? 200]: { description: entry.summary, content: contentOf(entry, schemas) },
      ...(entry.ranges === true && {
        206: { description: 'the part that was asked for', content: contentOf(entry, schemas) },
      }),
      ...Object.fromEntries(
        errors.map((status) => [
          status,
          {
            description: ERRORS[status] ?? 'refused',
            content: { 'application/json': { schema: schemas.told(errorSchema) } },
          },
        ]),
      ),
    },
  };
}

function contentOf({ answer }: ApiRoute, schemas: Schemas): Json {
  if (answer instanceof z.ZodType) return { 'application/json': { schema: schemas.told(answer) } };
  return Object.fromEntries(answer.map((type) => [type.split(';')[0], {}]));
}

function parametersOf({ params, query }: ApiRoute, schemas: Schemas): Json {
  const parameters = [...parametersIn('path', params, schemas), ...parametersIn('query', query, schemas)];
  return parameters.length === 0 ? {} : { parameters };
}

function parametersIn(place: 'path' | 'query', schema: z.ZodType | undefined, schemas: Schemas): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemas.given(schema) as {
    properties?: Record<string, { description?: string }>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description !== undefined && { description }),
    schema: rest,
  }));
}

/** JSON Schemas (2020-12, which OpenAPI 3.1 has) of answers and of what is given. Those with a name stand once, under components. */
class Schemas {
  readonly named: Json;
  readonly #told = new Map<z.ZodType, Json>();

  constructor(answers: readonly z.ZodType[]) {
    const registry = z.registry<{ id: string }>();
    for (const [id, schema] of Object.entries(NAMED_SCHEMAS)) registry.add(schema, { id });
    // In an object each, since what is in the registry is told by reference. All at once: one by one it takes a tenth of a second.
    const told = [...new Set(answers)];
    for (const [i, answer] of told.entries()) registry.add(z.object({ answer }), { id: `answer${i}` });
    const schemas = z.toJSONSchema(registry, { uri: uriOf }).schemas as Readonly<Record<string, Json>>;
    for (const [i, answer] of told.entries()) {
      const { properties } = schemas[`answer${i}`] as { readonly properties: { readonly answer: Json } };
      this.#told.set(answer, properties.answer);
    }
    this.named = Object.fromEntries(Object.keys(NAMED_SCHEMAS).map((id) => [id, bare(schemas[id] ?? {})]));
  }

  /** What the API answers. */
  told(schema: z.ZodType): Json {
    return this.#told.get(schema) ?? {};
  }

  /** What the API is given. */
  given(schema: z.ZodType): Json {
    return bare(z.toJSONSchema(schema, { io: 'input' }) as Json);
  }
}

const uriOf = (id: string): string => `#/components/schemas/${id}`;

function bare({ $schema: _, $id: __, id: ___, ...schema }: Json): Json {
  return schema;
}
