'use strict';
// Keeps sharp warm. Answers one line on stdout for each on stdin:
//   RUN PATH N      -> OK <cpu ms> <wall ms> <bytes> <peak KiB>   thumbnails the file N times; means over N
//   OUT PATH FILE   -> OK                                         writes the thumbnail
//   RAW PATH FILE   -> OK <width> <height> <channels>             writes the whole picture's pixels, upright, in sRGB
//   MAKE PATH FILE WIDTH HEIGHT FORMAT -> OK                      enlarges a photograph to a test picture, with noise
const fs = require('fs');
const sharp = require('sharp');

sharp.cache(false);
const open = (bytes) => sharp(bytes, { limitInputPixels: false });
const thumbnail = (bytes) => open(bytes).rotate().resize(512, 512).png().toBuffer();

async function run(path, n) {
  const bytes = fs.readFileSync(path);
  const cpu0 = process.cpuUsage();
  const wall0 = process.hrtime.bigint();
  let out;
  for (let i = 0; i < n; i++) out = await thumbnail(bytes);
  const cpu = process.cpuUsage(cpu0);
  const wall = process.hrtime.bigint() - wall0;
  return [(cpu.user + cpu.system) / 1000 / n, Number(wall) / 1e6 / n, out.length, process.resourceUsage().maxRSS];
}

async function raw(path, file) {
  const { data, info } = await open(fs.readFileSync(path)).rotate().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  fs.writeFileSync(file, data);
  return [info.width, info.height, info.channels];
}

// Noise stands for a sensor's: without it an enlarged photograph has hardly any detail to decode.
async function make(path, file, width, height, format) {
  const size = { width: +width, height: +height };
  const noise = await sharp({ create: { ...size, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 128, sigma: 6 } } })
    .png({ compressionLevel: 1 }).toBuffer();
  const picture = sharp(path).resize(size.width, size.height, { kernel: 'cubic' }).removeAlpha()
    .composite([{ input: noise, blend: 'soft-light' }]);
  const formats = {
    jpeg: (p) => p.jpeg({ quality: 92 }),
    progressive: (p) => p.jpeg({ quality: 92, progressive: true }),
    p3: (p) => p.withExif({ IFD0: { Orientation: '6' } }).withIccProfile('p3').jpeg({ quality: 92 }),
    png: (p) => p.png(),
    webp: (p) => p.webp({ quality: 85 }),
  };
  await formats[format](picture).toFile(file);
  return [];
}

(async () => {
  for await (const line of require('readline').createInterface({ input: process.stdin })) {
    const [verb, ...args] = line.split('\t');
    try {
      const verbs = { RUN: run, RAW: raw, MAKE: make, OUT: async (path, file) => (fs.writeFileSync(file, await thumbnail(fs.readFileSync(path))), []) };
      console.log(['OK', ...await verbs[verb](...args)].join('\t'));
    } catch (e) {
      console.log(`FAIL\t${e.message.replaceAll('\n', ' ')}`);
    }
  }
})();
