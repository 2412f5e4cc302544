// The fake server of the SDK answers as the real one does: every scenario is played on both, over both doors, and compared.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAsk, type DoorName } from './parity/ask.ts';
import { scenarios } from './parity/scenarios/all.ts';
import type { Scenario } from './parity/scenarios/scenario.ts';
import { type Stage, startFake, startReal } from './parity/stage.ts';

async function play(stage: Stage, door: DoorName, scenario: Scenario): Promise<unknown[]> {
  const transcript: unknown[] = [];
  await scenario(createAsk(stage.url, door, transcript), stage);
  return transcript;
}

describe.each(['rest', 'trpc'] as const)('over %s', (door) => {
  let fake: Stage;
  let real: Stage;
  beforeAll(async () => {
    [fake, real] = await Promise.all([startFake(), startReal()]);
  });
  afterAll(() => Promise.all([fake?.close(), real?.close()]));

  test.each(Object.entries(scenarios))('%s', async (_name, scenario) => {
    const [answered, wanted] = [await play(fake, door, scenario), await play(real, door, scenario)];
    expect(wanted.length).toBeGreaterThan(4);
    expect(answered).toEqual(wanted);
  });
});
