// The test dialog outside the composer: choose whose data the test takes.

import { Readers } from "./composer/readers.js";

const data = document.getElementById("readers-data");
if (data) new Readers({ ...JSON.parse(data.textContent), onChoose: () => {} });
