// A phone's camera before a page: what the QR code says that stands there.
import jsqr from 'jsqr';
import type { Page } from 'playwright-core';

/** @returns the text of the code in that element; null when there is none that could be read */
export async function readQrCode(page: Page, selector: string): Promise<string | null> {
  const picture = (await page.locator(selector).screenshot()).toString('base64');
  const { width, height, pixels } = await page.evaluate<{ width: number; height: number; pixels: number[] }>(`
    (async () => {
      const image = await createImageBitmap(await (await fetch('data:image/png;base64,${picture}')).blob());
      const { width, height } = image;
      const context = new OffscreenCanvas(width, height).getContext('2d');
      context.drawImage(image, 0, 0);
      return { width, height, pixels: [...context.getImageData(0, 0, width, height).data] };
    })()`);
  return jsqr.default(Uint8ClampedArray.from(pixels), width, height)?.data ?? null;
}
