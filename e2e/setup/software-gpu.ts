import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installDebianPackages } from './debian-packages.ts';

/** The description of Chromium's software GPU, which also serves Dawn in Node; null: not there. */
export function softwareVulkan(browser: string): string | null {
  const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', dirname(browser)];
  const files = folders.map((folder) => join(folder, 'vk_swiftshader_icd.json'));
  return files.find((file) => existsSync(file)) ?? null;
}

/** Whether Dawn can load a Vulkan driver in Node: Chromium brings a loader for itself alone. */
export function hasVulkanLoader(): boolean {
  const { stdout } = spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
  return stdout?.includes('libvulkan.so.1') === true;
}

/** Makes the software GPU usable in Node where it is installed; says what it does. */
export async function ensureVulkanLoader(browser: string): Promise<void> {
  if (softwareVulkan(browser) === null || hasVulkanLoader()) return;
  const purpose = 'For the tests of WebGPU in Node';
  if (await installDebianPackages(['libvulkan1'], { purpose })) return;
  console.log('The tests of WebGPU in Node will be skipped: libvulkan1 is not here.');
}
