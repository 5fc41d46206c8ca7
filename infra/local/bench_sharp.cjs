// The baseline of the thumbnails: sharp (libvips) makes the same three files of the same picture.
//   node bench_sharp.cjs FILE      prints JSON: the middle of ten times, in milliseconds, and peak memory in MB
const fs = require("fs");
const sharp = require("sharp");

async function main() {
  const bytes = fs.readFileSync(process.argv[2]);
  const wall = [];
  const before = process.cpuUsage();
  for (let n = 0; n < 10; n++) {
    const began = process.hrtime.bigint();
    const sizes = [150, 300, 800].map((size) =>
      sharp(bytes).rotate().resize(size, size, { fit: "inside", withoutEnlargement: true }).webp({ quality: 80 }).toBuffer());
    await Promise.all(sizes);
    wall.push(Number(process.hrtime.bigint() - began) / 1e6);
  }
  const used = process.cpuUsage(before);
  wall.sort((a, b) => a - b);
  const peak = Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
  const version = sharp.versions.sharp;
  console.log(JSON.stringify({ version, wall_ms: wall[5], cpu_ms: (used.user + used.system) / 1000 / 10, peak_mb: peak }));
}

main();
