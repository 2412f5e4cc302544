// The fake server of the SDK answers as the real one does: every scenario is played on both, and compared.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAsk, type DoorName } from './ask.ts';
import { scenarios } from './scenarios/all.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { type Stage, startFake, startReal } from './stage.ts';

async function play(stage: Stage, door: DoorName, scenario: Scenario): Promise<unknown[]> {
  const transcript: unknown[] = [];
  await scenario(createAsk(stage.url, door, transcript), stage);
  return transcript;
}

/** The tests of one door: a file each, so that they run side by side. */
export function testParity(door: DoorName): void {
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
}
