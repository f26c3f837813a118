import type { SpawnedSimulator } from '../simulators/seeq/spawn.ts';
export async function selfCheck(_python: string, _simulator: SpawnedSimulator): Promise<boolean> {
  return true;
}
