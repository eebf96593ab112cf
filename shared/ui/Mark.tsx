/** Three arches, one inside the other: the mouth of a burrow. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d="M2.500 20v-7.500a9.500 9.500 0 0 1 19 0V20" />
      <path d="M6.800 20v-7.500a5.200 5.200 0 0 1 10.400 0V20" />
      <path class="mark-light" d="M10.400 20v-7a1.600 1.600 0 0 1 3.200 0v7z" />
    </svg>
  );
}
