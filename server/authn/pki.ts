/**
 * The certificate authority of a standalone server, kept in a directory: a CA, a serving certificate and as many client
 * certificates as asked for. node-forge writes certificates; keys come from node:crypto, and nothing is ever verified
 * with forge.
 */
import {
  constants,
  createPrivateKey,
  generateKeyPair,
  privateEncrypt,
  randomBytes,
  X509Certificate,
} from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import forge from "node-forge";
import type { Clock } from "../../machinery/clock.ts";

/** A certificate and its key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface PkiOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** What serving certificates are for: names and addresses. */
  readonly servingNames: readonly string[];
}

const day = 24 * 60 * 60 * 1000;
const caLife = 3650 * day;
const leafLife = 365 * day;
const newKeyPair = promisify(generateKeyPair);

/** One authority; `open` makes it the first time and finds it again later. */
export class Pki {
  readonly ca: KeyPair;
  readonly #options: PkiOptions;

  private constructor(options: PkiOptions, ca: KeyPair) {
    this.#options = options;
    this.ca = ca;
  }

  /** Loads the authority of the directory, or makes it. Keys are readable by their owner only. */
  static async open(options: PkiOptions): Promise<Pki> {
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    const known = await loadPair(options.directory, "ca");
    if (known !== undefined && isCurrent(known.cert, options.clock.now())) return new Pki(options, known);
    const ca = await issueAuthority(options.clock.now());
    await savePair(options.directory, "ca", ca);
    return new Pki(options, ca);
  }

  /** The serving certificate; a new one when two thirds of its life are over or the names have changed. */
  async serving(): Promise<KeyPair> {
    const { directory, clock, servingNames } = this.#options;
    const known = await loadPair(directory, "serving");
    if (
      known !== undefined &&
      this.#isOwn(known.cert) &&
      isFresh(known.cert, clock.now()) &&
      serves(known.cert, servingNames)
    ) {
      return known;
    }
    const pair = await this.#issue({
      commonName: "hawsepipe",
      organizations: [],
      names: servingNames,
      usage: "serverAuth",
    });
    await savePair(directory, "serving", pair);
    return pair;
  }

  /** A client certificate kept under a file name; renewed like the serving certificate. */
  async client(file: string, user: ClientIdentity): Promise<KeyPair> {
    const { directory, clock } = this.#options;
    const known = await loadPair(directory, file);
    if (
      known !== undefined &&
      this.#isOwn(known.cert) &&
      isFresh(known.cert, clock.now()) &&
      isFor(known.cert, user)
    ) {
      return known;
    }
    const pair = await this.issueClient(user);
    await savePair(directory, file, pair);
    return pair;
  }

  /** A client certificate that is not kept. */
  issueClient(user: ClientIdentity): Promise<KeyPair> {
    return this.#issue({
      commonName: user.name,
      organizations: user.groups,
      names: [],
      usage: "clientAuth",
    });
  }

  /** When the serving certificate should be asked for again. */
  static renewAt(cert: string): Date {
    const { validFromDate, validToDate } = new X509Certificate(cert);
    const life = validToDate.getTime() - validFromDate.getTime();
    return new Date(validFromDate.getTime() + (life * 2) / 3);
  }

  #isOwn(cert: string): boolean {
    const authority = new X509Certificate(this.ca.cert);
    const leaf = new X509Certificate(cert);
    return leaf.checkIssued(authority) && leaf.verify(authority.publicKey);
  }

  #issue(leaf: Leaf): Promise<KeyPair> {
    return issueLeaf(this.ca, leaf, { now: this.#options.clock.now(), lifeMs: leafLife });
  }
}

export interface ClientIdentity {
  readonly name: string;
  readonly groups: readonly string[];
}

/** What a certificate is made for. */
export interface Leaf {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly names: readonly string[];
  readonly usage: "serverAuth" | "clientAuth";
}

/** A certificate signed by the authority. */
export async function issueLeaf(
  ca: KeyPair,
  leaf: Leaf,
  { now, lifeMs }: { readonly now: Date; readonly lifeMs: number },
): Promise<KeyPair> {
  const keys = await newRsaKey();
  const authority = forge.pki.certificateFromPem(ca.cert);
  const certificate = blankCertificate(keys.public, now, lifeMs);
  certificate.setSubject(subject(leaf.commonName, leaf.organizations));
  certificate.setIssuer(authority.subject.attributes);
  certificate.setExtensions([
    { name: "basicConstraints", cA: false, critical: true },
    { name: "keyUsage", critical: true, digitalSignature: true, keyEncipherment: true },
    { name: "extKeyUsage", [leaf.usage]: true },
    { name: "authorityKeyIdentifier", keyIdentifier: keyIdOf(authority) },
    ...(leaf.names.length === 0 ? [] : [{ name: "subjectAltName", altNames: leaf.names.map(altName) }]),
  ]);
  sign(certificate, ca.key);
  return { cert: forge.pki.certificateToPem(certificate), key: keys.private };
}

/** A new certificate authority, good for ten years. */
export async function issueAuthority(now: Date): Promise<KeyPair> {
  const keys = await newRsaKey();
  const certificate = blankCertificate(keys.public, now, caLife);
  // The serial in the name keeps an old authority of the same directory apart from a new one.
  const name = subject(`hawsepipe-ca-${certificate.serialNumber.slice(0, 8)}`, []);
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: "basicConstraints", cA: true, critical: true },
    { name: "keyUsage", critical: true, keyCertSign: true, cRLSign: true, digitalSignature: true },
    { name: "subjectKeyIdentifier" },
  ]);
  sign(certificate, keys.private);
  return { cert: forge.pki.certificateToPem(certificate), key: keys.private };
}

/** What PKCS #1 puts before a SHA-256 digest: that it is one. */
const sha256Info = Buffer.from("3031300d060960864801650304020105000420", "hex");

/** Signs with node:crypto, in a hundredth of the time forge takes. */
function sign(certificate: forge.pki.Certificate, keyPem: string): void {
  const key = createPrivateKey(keyPem);
  const signer = {
    sign: (md: forge.md.MessageDigest): string => {
      const digest = Buffer.from(md.digest().getBytes(), "binary");
      const padded = { key, padding: constants.RSA_PKCS1_PADDING };
      return privateEncrypt(padded, Buffer.concat([sha256Info, digest])).toString("binary");
    },
  };
  certificate.sign(signer as unknown as forge.pki.rsa.PrivateKey, forge.md.sha256.create());
}

async function newRsaKey(): Promise<{ public: string; private: string }> {
  const { publicKey, privateKey } = await newKeyPair("rsa", { modulusLength: 2048 });
  return {
    public: publicKey.export({ type: "spki", format: "pem" }).toString(),
    // PKCS #1 is what forge reads.
    private: privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
  };
}

function blankCertificate(publicKey: string, now: Date, life: number): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  const serial = randomBytes(16);
  // Positive and of full length, as serial numbers have to be.
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0);
  certificate.serialNumber = serial.toString("hex");
  // A clock that is a little behind must not refuse a fresh certificate.
  certificate.validity.notBefore = new Date(now.getTime() - 5 * 60 * 1000);
  certificate.validity.notAfter = new Date(now.getTime() + life);
  return certificate;
}

function subject(commonName: string, organizations: readonly string[]): forge.pki.CertificateField[] {
  const text = (name: string, value: string): forge.pki.CertificateField => ({
    name,
    value: forge.util.encodeUtf8(value),
    valueTagClass: forge.asn1.Type.UTF8 as unknown as forge.asn1.Class,
  });
  return [
    ...organizations.map((organization) => text("organizationName", organization)),
    text("commonName", commonName),
  ];
}

const altName = (name: string): { type: number; ip: string } | { type: number; value: string } =>
  isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name };

function keyIdOf(authority: forge.pki.Certificate): string {
  return authority.generateSubjectKeyIdentifier().getBytes();
}

function isCurrent(cert: string, now: Date): boolean {
  const { validFromDate, validToDate } = new X509Certificate(cert);
  return validFromDate <= now && now < validToDate;
}

function isFresh(cert: string, now: Date): boolean {
  return isCurrent(cert, now) && now < Pki.renewAt(cert);
}

function serves(cert: string, names: readonly string[]): boolean {
  const certificate = new X509Certificate(cert);
  return names.every(
    (name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined,
  );
}

function isFor(cert: string, user: ClientIdentity): boolean {
  const found = new X509Certificate(cert).toLegacyObject().subject as Record<
    string,
    string | string[] | undefined
  >;
  const groups = [found["O"] ?? []].flat();
  return found["CN"] === user.name && groups.join("\n") === user.groups.join("\n");
}

async function loadPair(directory: string, name: string): Promise<KeyPair | undefined> {
  try {
    const [cert, key] = await Promise.all([
      readFile(join(directory, `${name}.crt`), "utf8"),
      readFile(join(directory, `${name}.key`), "utf8"),
    ]);
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)) ? { cert, key } : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The certificate is replaced last: a pair is found whole or, after a crash between the two, not matching and made anew. */
async function savePair(directory: string, name: string, pair: KeyPair): Promise<void> {
  await replaceFile(join(directory, `${name}.key`), pair.key, 0o600);
  await replaceFile(join(directory, `${name}.crt`), pair.cert, 0o644);
}

async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, text, { mode });
  await chmod(draft, mode);
  await rename(draft, path);
}
