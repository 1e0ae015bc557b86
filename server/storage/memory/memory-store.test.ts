import { storeSuite } from "../testing/store-suite.ts";
import { openMemoryStore } from "./memory-store.ts";

storeSuite("memory", { open: async () => openMemoryStore() });
