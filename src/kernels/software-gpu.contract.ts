import { existsSync } from 'node:fs';

/** Chromium's software GPU, as Debian installs it. */
const SOFTWARE_GPU = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Dawn on the software GPU; null, and why is printed, where one of them is missing. */
export async function openSoftwareGpu(): Promise<GPU | null> {
  if (!existsSync(SOFTWARE_GPU)) {
    console.warn(`skipped: no software GPU at ${SOFTWARE_GPU} (Debian: apt install chromium)`);
    return null;
  }
  process.env['VK_ICD_FILENAMES'] = SOFTWARE_GPU;
  try {
    const { create } = await import('webgpu');
    const dawn = create([]);
    if ((await dawn.requestAdapter()) !== null) return dawn;
    console.warn('skipped: Dawn finds no adapter here (Debian: apt install libvulkan1)');
    return null;
  } catch (cause) {
    console.warn(`skipped: the optional package webgpu does not load here: ${String(cause)}`);
    return null;
  }
}
