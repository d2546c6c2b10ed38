'use strict';
// One picture, one process: node cold.js IN OUT
const fs = require('fs');
require('sharp')(fs.readFileSync(process.argv[2]), { limitInputPixels: false }).rotate().resize(512, 512).png().toBuffer()
  .then((out) => fs.writeFileSync(process.argv[3], out));
