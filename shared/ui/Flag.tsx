/** Flags drawn from stripes, crosses and discs (emoji flags do not exist on Windows); others show their code. */

/** h/v: stripes top to bottom / left to right. x: nordic cross, field,cross[,inner]. d: field,disc. */
const FLAGS: Record<string, string> = {
  DE: 'h#111,#d00,#fc0',
  AT: 'h#c8102e,#fff,#c8102e',
  NL: 'h#ae1c28,#fff,#21468b',
  LU: 'h#ed2939,#fff,#00a1de',
  HU: 'h#cd2a3e,#fff,#436f4d',
  BG: 'h#fff,#00966e,#d62612',
  EE: 'h#0072ce,#111,#fff',
  LT: 'h#fdb913,#006a44,#c1272d',
  LV: 'h#9e3039,#9e3039,#fff,#9e3039,#9e3039',
  RU: 'h#fff,#0039a6,#d52b1e',
  UA: 'h#0057b7,#ffd700',
  PL: 'h#fff,#dc143c',
  ID: 'h#e70011,#fff',
  MC: 'h#ce1126,#fff',
  AM: 'h#d90012,#0033a0,#f2a800',
  CO: 'h#fcd116,#fcd116,#003893,#ce1126',
  TH: 'h#a51931,#f4f5f8,#2d2a4a,#2d2a4a,#f4f5f8,#a51931',
  AR: 'h#74acdf,#fff,#74acdf',
  ES: 'h#aa151b,#f1bf00,#f1bf00,#aa151b',
  FR: 'v#0055a4,#fff,#ef4135',
  IT: 'v#009246,#fff,#ce2b37',
  IE: 'v#169b62,#fff,#ff883e',
  BE: 'v#111,#fae042,#ed2939',
  RO: 'v#002b7f,#fcd116,#ce1126',
  NG: 'v#008751,#fff,#008751',
  PE: 'v#d91023,#fff,#d91023',
  MX: 'v#006847,#fff,#ce1126',
  CA: 'v#d80621,#fff,#fff,#d80621',
  PT: 'v#046a38,#046a38,#da291c,#da291c,#da291c',
  SE: 'x#006aa7,#fecc00',
  NO: 'x#ba0c2f,#fff,#00205b',
  FI: 'x#fff,#003580',
  DK: 'x#c8102e,#fff',
  IS: 'x#02529c,#fff,#dc1e35',
  JP: 'd#fff,#bc002d',
  BD: 'd#006a4e,#f42a41',
  KR: 'd#fff,#cd2e3a',
  CH: '+#da291c,#fff',
  GB: 'u',
  US: 's',
  CZ: 'c',
};

export function Flag({ code, size = 20 }: { code: string; size?: number }) {
  const spec = FLAGS[code];
  return (
    <svg class="flag" width={size * 1.4} height={size} viewBox="0 0 28 20" aria-hidden="true" focusable="false">
      {spec ? draw(spec) : <Code code={code} />}
    </svg>
  );
}

function Code({ code }: { code: string }) {
  return (
    <>
      <rect width="28" height="20" fill="var(--flag-blank)" />
      <text x="14" y="14" text-anchor="middle" font-size="11" font-weight="700" fill="var(--flag-ink)">
        {code}
      </text>
    </>
  );
}

function draw(spec: string) {
  const colors = spec.slice(1).split(',');
  const [first, second, third] = colors;
  switch (spec[0]) {
    case 'h':
      return colors.map((fill, i) => (
        <rect
          key={`${i}${fill}`}
          y={(20 / colors.length) * i}
          width="28"
          height={20 / colors.length + 0.2}
          fill={fill}
        />
      ));
    case 'v':
      return colors.map((fill, i) => (
        <rect
          key={`${i}${fill}`}
          x={(28 / colors.length) * i}
          width={28 / colors.length + 0.2}
          height="20"
          fill={fill}
        />
      ));
    case 'x':
      return (
        <>
          <rect width="28" height="20" fill={first} />
          <path d="M8 0h5v20H8zM0 7.5h28v5H0z" fill={second} />
          {third && <path d="M9.3 0h2.4v20H9.3zM0 8.8h28v2.4H0z" fill={third} />}
        </>
      );
    case 'd':
      return (
        <>
          <rect width="28" height="20" fill={first} />
          <circle cx="14" cy="10" r="6" fill={second} />
        </>
      );
    case '+':
      return (
        <>
          <rect width="28" height="20" fill={first} />
          <path d="M11.8 4h4.4v12h-4.4zM8 7.8h12v4.4H8z" fill={second} />
        </>
      );
    case 'u':
      return (
        <>
          <rect width="28" height="20" fill="#012169" />
          <path d="M0 0l28 20M28 0L0 20" stroke="#fff" stroke-width="4" />
          <path d="M0 0l28 20M28 0L0 20" stroke="#c8102e" stroke-width="1.6" />
          <path d="M11 0h6v20h-6zM0 7h28v6H0z" fill="#fff" />
          <path d="M12.3 0h3.4v20h-3.4zM0 8.3h28v3.4H0z" fill="#c8102e" />
        </>
      );
    case 's':
      return (
        <>
          <rect width="28" height="20" fill="#fff" />
          <path
            d="M0 1.4h28M0 4.3h28M0 7.1h28M0 10h28M0 12.9h28M0 15.7h28M0 18.6h28"
            stroke="#b22234"
            stroke-width="1.5"
          />
          <rect width="12" height="10.8" fill="#3c3b6e" />
        </>
      );
    default:
      return (
        <>
          <rect width="28" height="10" fill="#fff" />
          <rect y="10" width="28" height="10" fill="#d7141a" />
          <path d="M0 0l13 10L0 20z" fill="#11457e" />
        </>
      );
  }
}
