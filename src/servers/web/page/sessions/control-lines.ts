/** Controls as lines of text, `Name = value`, in a form. */
type Controls = Readonly<Record<string, string | number | boolean>>;

export function controlLines(controls: Controls): string {
  return Object.entries(controls)
    .map(([name, value]) => `${name} = ${value}`)
    .join('\n');
}

/** Numbers and true or false become such; a line without `=` is a name whose value is still to come. */
export function controlsOf(text: string): Record<string, string | number | boolean> {
  const pairs = text.split('\n').flatMap((line) => {
    const [name = '', ...value] = line.split('=');
    return name.trim() === '' ? [] : [[name.trim(), typedValue(value.join('=').trim())] as const];
  });
  return Object.fromEntries(pairs);
}

function typedValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
