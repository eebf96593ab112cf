/** Room for the map while its shapes are still on their way: they come only when somebody looks. */
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n.ts';
import type { WorldMap, WorldMapProps } from './WorldMap.tsx';

export function NodeMap(props: WorldMapProps) {
  const [Loaded, setLoaded] = useState<typeof WorldMap | null>(null);
  useEffect(() => {
    void import('./WorldMap.tsx').then((module) => setLoaded(() => module.WorldMap));
  }, []);
  if (Loaded) return <Loaded {...props} />;
  return (
    <div class="map map-waiting">
      <p class="note">{t('mapLoading')}</p>
    </div>
  );
}
