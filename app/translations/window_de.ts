<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de">
<context>
    <name></name>
    <message>
        <source>{what} was stopped.</source>
        <translation>{what} wurde angehalten.</translation>
    </message>
    <message>
        <source>{what} has finished.</source>
        <translation>{what}: fertig.</translation>
    </message>
    <message>
        <source>{what} broke off (the process died); try again, or look into its log.</source>
        <translation>{what} brach ab (der Prozess starb); noch einmal versuchen oder ins Protokoll sehen.</translation>
    </message>
    <message>
        <source>{what} failed with exit code {code}.</source>
        <translation>{what}: fehlgeschlagen mit Rückgabewert {code}.</translation>
    </message>
    <message>
        <source>{what} could not start: {errorstring}.</source>
        <translation>{what} konnte nicht starten: {errorstring}.</translation>
    </message>
    <message>
        <source>The depth error could not be measured.</source>
        <translation>Der Tiefenfehler konnte nicht gemessen werden.</translation>
    </message>
    <message>
        <source>MediaPipe&apos;s is {raw:.1f} mm</source>
        <translation>MediaPipes eigener ist {raw:.1f} mm</translation>
    </message>
    <message>
        <source>Its depth error is {new:.1f} mm; {against_raw}.</source>
        <translation>Sein Tiefenfehler ist {new:.1f} mm; {against_raw}.</translation>
    </message>
    <message>
        <source>Its depth error is the same as that of the model in use, {new:.1f} mm; {against_raw}.</source>
        <translation>Sein Tiefenfehler ist derselbe wie der des benutzten Modells, {new:.1f} mm; {against_raw}.</translation>
    </message>
    <message>
        <source>smaller</source>
        <translation>kleiner</translation>
    </message>
    <message>
        <source>larger</source>
        <translation>größer</translation>
    </message>
    <message>
        <source>Its depth error is {share:.0%} {how} than that of the model in use; {against_raw}.</source>
        <translation>Sein Tiefenfehler ist {share:.0%} {how} als der des benutzten Modells; {against_raw}.</translation>
    </message>
    <message>
        <source>Save the report</source>
        <translation>Bericht speichern</translation>
    </message>
    <message>
        <source>Text (*.txt)</source>
        <translation>Text (*.txt)</translation>
    </message>
    <message>
        <source>Set-up</source>
        <translation>Aufbau</translation>
    </message>
    <message>
        <source>Cameras</source>
        <translation>Kameras</translation>
    </message>
    <message>
        <source>Camera…</source>
        <translation>Kamera…</translation>
    </message>
    <message>
        <source>Address…</source>
        <translation>Adresse…</translation>
    </message>
    <message>
        <source>today&apos;s date</source>
        <translation>das heutige Datum</translation>
    </message>
    <message>
        <source> s</source>
        <translation> s</translation>
    </message>
    <message>
        <source>Record all cameras (Ctrl+Return)</source>
        <translation>Alle Kameras aufnehmen (Strg+Eingabe)</translation>
    </message>
    <message>
        <source>Session</source>
        <translation>Sitzung</translation>
    </message>
    <message>
        <source>Take</source>
        <translation>Take</translation>
    </message>
    <message>
        <source>Countdown</source>
        <translation>Countdown</translation>
    </message>
    <message>
        <source>Stop after</source>
        <translation>Aufhören nach</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>Datenträger</translation>
    </message>
    <message>
        <source>● REC {minutes}:{seconds:02d}</source>
        <translation>● REC {minutes}:{seconds:02d}</translation>
    </message>
    <message>
        <source>as it is now</source>
        <translation>wie er jetzt ist</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Saving…</source>
        <translation>Wird gespeichert…</translation>
    </message>
    <message>
        <source>next: {name} in {folder}</source>
        <translation>als Nächstes: {name} in {folder}</translation>
    </message>
    <message>
        <source>{free:.0f} GB free, some {hours:.0f} hours</source>
        <translation>{free:.0f} GB frei, etwa {hours:.0f} Stunden</translation>
    </message>
    <message>
        <source>Save the set-up</source>
        <translation>Aufbau speichern</translation>
    </message>
    <message>
        <source>Open a camera</source>
        <translation>Kamera öffnen</translation>
    </message>
    <message>
        <source>Look for cameras</source>
        <translation>Kameras suchen</translation>
    </message>
    <message>
        <source>Tries one after the other; takes a few seconds, and their lights may go on</source>
        <translation>Probiert eine nach der anderen; das dauert einige Sekunden, und ihre Lampen können angehen</translation>
    </message>
    <message>
        <source>as the camera prefers</source>
        <translation>wie die Kamera es vorzieht</translation>
    </message>
    <message>
        <source>{rate} fps</source>
        <translation>{rate} Bilder/s</translation>
    </message>
    <message>
        <source>Show it as a mirror does</source>
        <translation>Wie ein Spiegel zeigen</translation>
    </message>
    <message>
        <source>Only on the screen: in the data left stays left</source>
        <translation>Nur auf dem Bildschirm: in den Daten bleibt links links</translation>
    </message>
    <message>
        <source>A camera that does not know a size or rate takes the nearest it has.</source>
        <translation>Eine Kamera, die Größe oder Bildrate nicht kennt, nimmt die nächstliegende.</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>Kamera</translation>
    </message>
    <message>
        <source>Picture size</source>
        <translation>Bildgröße</translation>
    </message>
    <message>
        <source>Frame rate</source>
        <translation>Bildrate</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>Suche läuft…</translation>
    </message>
    <message>
        <source>{n} found</source>
        <translation>{n} gefunden</translation>
    </message>
    <message>
        <source>No camera was found</source>
        <translation>Keine Kamera gefunden</translation>
    </message>
    <message>
        <source>{name}   (camera {index})</source>
        <translation>{name}   (Kamera {index})</translation>
    </message>
    <message>
        <source>Camera {index}</source>
        <translation>Kamera {index}</translation>
    </message>
    <message>
        <source>Convert footage</source>
        <translation>Aufnahmen umwandeln</translation>
    </message>
    <message>
        <source>Folder of videos</source>
        <translation>Ordner mit Videos</translation>
    </message>
    <message>
        <source>Calibration</source>
        <translation>Kalibrierung</translation>
    </message>
    <message>
        <source>Truth</source>
        <translation>Wahrheit</translation>
    </message>
    <message>
        <source>none: triangulate</source>
        <translation>keine: triangulieren</translation>
    </message>
    <message>
        <source>Folder of annotations</source>
        <translation>Ordner mit Annotationen</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>Videos</source>
        <translation>Videos</translation>
    </message>
    <message>
        <source>Annotations</source>
        <translation>Annotationen</translation>
    </message>
    <message>
        <source>Split</source>
        <translation>Teil</translation>
    </message>
    <message>
        <source>Processes</source>
        <translation>Prozesse</translation>
    </message>
    <message>
        <source>Name of the data set</source>
        <translation>Name des Datensatzes</translation>
    </message>
    <message>
        <source>Convert</source>
        <translation>Umwandeln</translation>
    </message>
    <message>
        <source>The conversion</source>
        <translation>Die Umwandlung</translation>
    </message>
    <message>
        <source>The data set {name} is ready.</source>
        <translation>Der Datensatz {name} ist fertig.</translation>
    </message>
    <message>
        <source>Conversion: {name}</source>
        <translation>Umwandlung: {name}</translation>
    </message>
    <message>
        <source>Choose the videos and what is known about the cameras.</source>
        <translation>Die Videos wählen und was über die Kameras bekannt ist.</translation>
    </message>
    <message>
        <source>Give the data set a name that can be a folder&apos;s.</source>
        <translation>Dem Datensatz einen Namen geben, den ein Ordner haben kann.</translation>
    </message>
    <message>
        <source>Use this model</source>
        <translation>Dieses Modell benutzen</translation>
    </message>
    <message>
        <source>Keep the old one</source>
        <translation>Das alte behalten</translation>
    </message>
    <message>
        <source>The model {name} is ready; it was not measured, since there is no test split.</source>
        <translation>Das Modell {name} ist fertig; gemessen wurde es nicht, da es keinen Testteil gibt.</translation>
    </message>
    <message>
        <source>Measured on {n_frames:,} frames of {on}; less is better everywhere.</source>
        <translation>Gemessen an {n_frames:,} Bildern von {on}; weniger ist überall besser.</translation>
    </message>
    <message>
        <source>in use</source>
        <translation>in Benutzung</translation>
    </message>
    <message>
        <source>new: {name}</source>
        <translation>neu: {name}</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Skeleton</source>
        <translation>Skelett</translation>
    </message>
    <message>
        <source>No repetitions found</source>
        <translation>Keine Wiederholungen gefunden</translation>
    </message>
    <message>
        <source>{n} repetitions</source>
        <translation>{n} Wiederholungen</translation>
    </message>
    <message>
        <source>{n} repetitions, {n_cut} cut off</source>
        <translation>{n} Wiederholungen, {n_cut} abgeschnitten</translation>
    </message>
    <message>
        <source>not seen</source>
        <translation>nicht gesehen</translation>
    </message>
    <message>
        <source>Measures to plot</source>
        <translation>Messgrößen im Diagramm</translation>
    </message>
    <message>
        <source>Statistics of the range</source>
        <translation>Statistik des Bereichs</translation>
    </message>
    <message>
        <source>Range</source>
        <translation>Bereich</translation>
    </message>
    <message>
        <source>Statistics of a range that can be dragged</source>
        <translation>Statistik eines Bereichs, der sich ziehen lässt</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alles</translation>
    </message>
    <message>
        <source>Zoom out; the wheel zooms in</source>
        <translation>Verkleinern; das Rad vergrößert</translation>
    </message>
    <message>
        <source>0–100 %</source>
        <translation>0–100 %</translation>
    </message>
    <message>
        <source>Mean ± SD over the course of a repetition</source>
        <translation>Mittel ± SD im Verlauf einer Wiederholung</translation>
    </message>
    <message>
        <source>Find repetitions</source>
        <translation>Wiederholungen suchen</translation>
    </message>
    <message>
        <source>Look for repetitions anew</source>
        <translation>Wiederholungen neu suchen</translation>
    </message>
    <message>
        <source>Add a boundary here; without repetitions, the range becomes the first</source>
        <translation>Hier eine Grenze setzen; ohne Wiederholungen wird der Bereich zur ersten</translation>
    </message>
    <message>
        <source>Take away the nearest boundary; drag one to move it</source>
        <translation>Die nächste Grenze entfernen; durch Ziehen wird sie verschoben</translation>
    </message>
    <message>
        <source>Save table…</source>
        <translation>Tabelle speichern…</translation>
    </message>
    <message>
        <source>Save the repetitions as CSV</source>
        <translation>Die Wiederholungen als CSV speichern</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Export {what}.</source>
        <translation>Export: {what}.</translation>
    </message>
    <message>
        <source>All of it</source>
        <translation>Alles</translation>
    </message>
    <message>
        <source>the end</source>
        <translation>das Ende</translation>
    </message>
    <message>
        <source>from</source>
        <translation>von</translation>
    </message>
    <message>
        <source>to</source>
        <translation>bis</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>Suchen…</translation>
    </message>
    <message>
        <source>Open the folder at the end</source>
        <translation>Am Ende den Ordner öffnen</translation>
    </message>
    <message>
        <source>Export to</source>
        <translation>Exportieren nach</translation>
    </message>
    <message>
        <source>The hips travel (an estimate)</source>
        <translation>Die Hüften bewegen sich fort (geschätzt)</translation>
    </message>
    <message>
        <source>Otherwise the middle of the hips stays at the origin</source>
        <translation>Sonst bleibt die Mitte der Hüften im Ursprung</translation>
    </message>
    <message>
        <source>As recorded</source>
        <translation>Wie aufgenommen</translation>
    </message>
    <message>
        <source>{rate_hz} frames a second</source>
        <translation>{rate_hz} Bilder je Sekunde</translation>
    </message>
    <message>
        <source>The longest time without a person that is interpolated; longer stays empty</source>
        <translation>Die längste Zeit ohne Person, die überbrückt wird; längere bleibt leer</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>Filter</translation>
    </message>
    <message>
        <source>Close gaps up to</source>
        <translation>Lücken schließen bis</translation>
    </message>
    <message>
        <source>Axes</source>
        <translation>Achsen</translation>
    </message>
    <message>
        <source>Needs {package}: pip install -e &apos;.[{extra}]&apos;</source>
        <translation>Braucht {package}: pip install -e &apos;.[{extra}]&apos;</translation>
    </message>
    <message>
        <source>Shortcuts</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>Version {version}, Qt {qt}</source>
        <translation>Version {version}, Qt {qt}</translation>
    </message>
    <message>
        <source>About</source>
        <translation>Über</translation>
    </message>
    <message>
        <source>{parameters:,} parameters, </source>
        <translation>{parameters:,} Parameter, </translation>
    </message>
    <message>
        <source>{size}MediaPipe {pose_variant}, {running_mode} mode</source>
        <translation>{size}MediaPipe {pose_variant}, Modus {running_mode}</translation>
    </message>
    <message>
        <source>{n_pairs:,} pairs, {n_epochs} epochs</source>
        <translation>{n_pairs:,} Paare, {n_epochs} Epochen</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Depth error on each model&apos;s own validation pairs: compare models by training or evaluate, not here.</source>
        <translation>Tiefenfehler auf den eigenen Validierungspaaren jedes Modells: verglichen wird beim Training oder mit evaluate, nicht hier.</translation>
    </message>
    <message>
        <source>{name}  ·  in use</source>
        <translation>{name}  ·  in Benutzung</translation>
    </message>
    <message>
        <source>Add from file…</source>
        <translation>Aus Datei hinzufügen…</translation>
    </message>
    <message>
        <source> Nothing came of {cameras}.</source>
        <translation> Von {cameras} kam nichts.</translation>
    </message>
    <message>
        <source>Recorded {n_frames} frames{left_out}: {name} in {parent}.</source>
        <translation>{n_frames} Bilder aufgenommen{left_out}: {name} in {parent}.</translation>
    </message>
    <message>
        <source>Open it</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Recorded {n_cameras} cameras, {n_frames} frames each{left_out}: {parent}, with their times in {times}.</source>
        <translation>{n_cameras} Kameras aufgenommen, je {n_frames} Bilder{left_out}: {parent}, ihre Zeiten in {times}.</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>Entfernen…</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Add a model</source>
        <translation>Modell hinzufügen</translation>
    </message>
    <message>
        <source>Refiners (*.onnx)</source>
        <translation>Verfeinerer (*.onnx)</translation>
    </message>
    <message>
        <source>Delete the model {name}?</source>
        <translation>Das Modell {name} löschen?</translation>
    </message>
    <message>
        <source>Remove model</source>
        <translation>Modell entfernen</translation>
    </message>
    <message>
        <source>Make data in the studio</source>
        <translation>Im Studio Daten herstellen</translation>
    </message>
    <message>
        <source>Folder of motion</source>
        <translation>Ordner mit Bewegungen</translation>
    </message>
    <message>
        <source>BVH, ASF and AMC, NPZ</source>
        <translation>BVH, ASF und AMC, NPZ</translation>
    </message>
    <message>
        <source>Frames</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Startzahl</translation>
    </message>
    <message>
        <source>Make data</source>
        <translation>Daten herstellen</translation>
    </message>
    <message>
        <source>Choose a folder with motion capture, for example from the CMU Graphics Lab.</source>
        <translation>Einen Ordner mit Bewegungsaufnahmen wählen, zum Beispiel vom CMU Graphics Lab.</translation>
    </message>
    <message>
        <source>A data set {name} is there already: with the same motion and seed it is continued.</source>
        <translation>Den Datensatz {name} gibt es schon: mit derselben Bewegung und Startzahl wird er fortgesetzt.</translation>
    </message>
    <message>
        <source>Studio: {name}</source>
        <translation>Studio: {name}</translation>
    </message>
    <message>
        <source>The studio</source>
        <translation>Das Studio</translation>
    </message>
    <message>
        <source>Train a refiner</source>
        <translation>Einen Verfeinerer trainieren</translation>
    </message>
    <message>
        <source>The check</source>
        <translation>Die Prüfung</translation>
    </message>
    <message>
        <source>Check of {name}</source>
        <translation>Prüfung von {name}</translation>
    </message>
    <message>
        <source>{name}: no problems found.</source>
        <translation>{name}: keine Fehler gefunden.</translation>
    </message>
    <message>
        <source>checking…</source>
        <translation>wird geprüft…</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Continue it here another time, from the end of its last whole epoch</source>
        <translation>Hier ein andermal fortsetzen, vom Ende der letzten ganzen Epoche an</translation>
    </message>
    <message>
        <source>Stop and keep the best</source>
        <translation>Anhalten und das Beste behalten</translation>
    </message>
    <message>
        <source>Start training</source>
        <translation>Training beginnen</translation>
    </message>
    <message>
        <source>New run</source>
        <translation>Neuer Lauf</translation>
    </message>
    <message>
        <source>Training runs beside the live view, which goes on.</source>
        <translation>Das Training läuft neben der Ansicht, die weitergeht.</translation>
    </message>
    <message>
        <source>The data set appears here when it is done; how far it is, Jobs in the window shows.</source>
        <translation>Der Datensatz erscheint hier, wenn er fertig ist; wie weit er ist, zeigen die Aufträge im Fenster.</translation>
    </message>
    <message>
        <source>The training</source>
        <translation>Das Training</translation>
    </message>
    <message>
        <source>Stopping after this step…</source>
        <translation>Hält nach diesem Schritt an…</translation>
    </message>
    <message>
        <source>{words} No epoch was finished.</source>
        <translation>{words} Keine Epoche wurde fertig.</translation>
    </message>
    <message>
        <source>no problems</source>
        <translation>keine Fehler</translation>
    </message>
    <message>
        <source>1 problem</source>
        <translation>1 Fehler</translation>
    </message>
    <message>
        <source>{n} problems</source>
        <translation>{n} Fehler</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>Verlust</translation>
    </message>
    <message>
        <source>Depth error, validation</source>
        <translation>Tiefenfehler, Validierung</translation>
    </message>
    <message>
        <source>Loading the pairs…</source>
        <translation>Paare werden geladen…</translation>
    </message>
    <message>
        <source>  ·  {eta_s} left</source>
        <translation>  ·  noch {eta_s}</translation>
    </message>
    <message>
        <source>Epoch {epoch} of {n_epochs}{left}</source>
        <translation>Epoche {epoch} von {n_epochs}{left}</translation>
    </message>
    <message>
        <source>{mm:.1f} mm  ·  {change} %</source>
        <translation>{mm:.1f} mm  ·  {change} %</translation>
    </message>
    <message>
        <source>best {best:.1f} mm in epoch {epoch:.0f}</source>
        <translation>bestes {best:.1f} mm in Epoche {epoch:.0f}</translation>
    </message>
    <message>
        <source>loss</source>
        <translation>Verlust</translation>
    </message>
    <message>
        <source>epoch</source>
        <translation>Epoche</translation>
    </message>
    <message>
        <source>{name} cannot be ticked: {why}</source>
        <translation>{name} lässt sich nicht ankreuzen: {why}</translation>
    </message>
    <message>
        <source>Tick a data set; without one, make it in the studio.</source>
        <translation>Einen Datensatz ankreuzen; wenn keiner da ist, im Studio herstellen.</translation>
    </message>
    <message>
        <source>Tick either pair files or folders: files have no training and validation split.</source>
        <translation>Entweder Paardateien oder Ordner ankreuzen: Dateien haben keine Trainings- und Validierungsteile.</translation>
    </message>
    <message>
        <source>Model in use: {name}</source>
        <translation>Modell in Gebrauch: {name}</translation>
    </message>
    <message>
        <source>Random weights</source>
        <translation>Zufällige Gewichte</translation>
    </message>
    <message>
        <source>Best of {name}</source>
        <translation>Bestes von {name}</translation>
    </message>
    <message>
        <source>On the CPU half precision is slower.</source>
        <translation>Auf der CPU ist halbe Genauigkeit langsamer.</translation>
    </message>
    <message>
        <source>Add folder…</source>
        <translation>Ordner hinzufügen…</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>Prüfen</translation>
    </message>
    <message>
        <source>Look for faults: units, axes, sides, duplicates, sequences in several splits</source>
        <translation>Fehler suchen: Einheiten, Achsen, Seiten, Doppeltes, Sequenzen in mehreren Teilen</translation>
    </message>
    <message>
        <source>Inspect…</source>
        <translation>Ansehen…</translation>
    </message>
    <message>
        <source>MediaPipe against the truth, frame by frame</source>
        <translation>MediaPipe gegen die Wahrheit, Bild für Bild</translation>
    </message>
    <message>
        <source>Make data in the studio…</source>
        <translation>Im Studio Daten herstellen…</translation>
    </message>
    <message>
        <source>Convert footage…</source>
        <translation>Aufnahmen umwandeln…</translation>
    </message>
    <message>
        <source>by data set and time</source>
        <translation>nach Datensatz und Zeit</translation>
    </message>
    <message>
        <source>Half precision (fp16)</source>
        <translation>Halbe Genauigkeit (fp16)</translation>
    </message>
    <message>
        <source>Few frames only pay from a model that knows people already; random weights need tens of thousands</source>
        <translation>Wenige Bilder lohnen nur von einem Modell aus, das Menschen schon kennt; zufällige Gewichte brauchen Zehntausende</translation>
    </message>
    <message>
        <source>Pose pool</source>
        <translation>Posenvorrat</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keiner</translation>
    </message>
    <message>
        <source>Pose pools (*.npz)</source>
        <translation>Posenvorräte (*.npz)</translation>
    </message>
    <message>
        <source>Poses that nobody filmed, made by `main.py poses`; each step projects them anew</source>
        <translation>Posen, die niemand gefilmt hat, aus `main.py poses`; jeder Schritt projiziert sie neu</translation>
    </message>
    <message>
        <source>How much of each step comes from the pool</source>
        <translation>Wie viel von jedem Schritt aus dem Vorrat kommt</translation>
    </message>
    <message>
        <source>looking…</source>
        <translation>wird gesucht…</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Epochs</source>
        <translation>Epochen</translation>
    </message>
    <message>
        <source>Batch size</source>
        <translation>Stapelgröße</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>Lernrate</translation>
    </message>
    <message>
        <source>Start from</source>
        <translation>Beginnen mit</translation>
    </message>
    <message>
        <source>Share of it</source>
        <translation>Anteil davon</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Folder of pairs</source>
        <translation>Ordner mit Paaren</translation>
    </message>
    <message>
        <source>{n:,} frames without splits, to train on and to measure on</source>
        <translation>{n:,} Bilder ohne Aufteilung, zum Trainieren und zum Messen</translation>
    </message>
    <message>
        <source>{n:,} frames to train on</source>
        <translation>{n:,} Bilder zum Trainieren</translation>
    </message>
    <message>
        <source>Continue it</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Delete it…</source>
        <translation>Löschen…</translation>
    </message>
    <message>
        <source>, best depth error {best:.1f} mm</source>
        <translation>, bester Tiefenfehler {best:.1f} mm</translation>
    </message>
    <message>
        <source>The training of {name} stopped after epoch {n_done} of {n_epochs}{reached}.</source>
        <translation>Das Training von {name} hielt nach Epoche {n_done} von {n_epochs} an{reached}.</translation>
    </message>
    <message>
        <source>Delete the training run of {name} with its checkpoints?</source>
        <translation>Den Trainingslauf von {name} mit seinen Zwischenständen löschen?</translation>
    </message>
    <message>
        <source>Delete run</source>
        <translation>Lauf löschen</translation>
    </message>
    <message>
        <source>Open a stream</source>
        <translation>Stream öffnen</translation>
    </message>
    <message>
        <source>http://192.168.1.20:8080/video</source>
        <translation>http://192.168.1.20:8080/video</translation>
    </message>
    <message>
        <source>Phones and IP cameras tell their address: http:// for MJPEG, rtsp:// for most IP cameras. A name and password go in front of the host: rtsp://name:password@host/stream.</source>
        <translation>Telefone und IP-Kameras nennen ihre Adresse: http:// für MJPEG, rtsp:// für die meisten IP-Kameras. Name und Passwort stehen vor dem Rechner: rtsp://name:passwort@rechner/stream.</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>The export</source>
        <translation>Der Export</translation>
    </message>
    <message>
        <source>Exported {name} to {folder}.</source>
        <translation>{name} nach {folder} exportiert.</translation>
    </message>
    <message>
        <source>Export of {name}</source>
        <translation>Export von {name}</translation>
    </message>
    <message>
        <source>Saved {formats} in {folder}.</source>
        <translation>{formats} in {folder} gespeichert.</translation>
    </message>
    <message>
        <source>The recording</source>
        <translation>Die Aufnahme</translation>
    </message>
    <message>
        <source>Saving</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>error, mm</source>
        <translation>Fehler, mm</translation>
    </message>
    <message>
        <source>row of the file</source>
        <translation>Zeile der Datei</translation>
    </message>
    <message>
        <source>Pairs</source>
        <translation>Paare</translation>
    </message>
    <message>
        <source>{name} - pairs</source>
        <translation>{name} - Paare</translation>
    </message>
    <message>
        <source>Open a folder of pairs</source>
        <translation>Ordner mit Paaren öffnen</translation>
    </message>
    <message>
        <source>Open a pair file</source>
        <translation>Paardatei öffnen</translation>
    </message>
    <message>
        <source>Pairs (*.npz)</source>
        <translation>Paare (*.npz)</translation>
    </message>
    <message>
        <source>Open the video of this file</source>
        <translation>Video dieser Datei öffnen</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>raw MPJPE {mean:.0f} mm over {known} frames with truth</source>
        <translation>MPJPE roh {mean:.0f} mm über {known} Bilder mit Wahrheit</translation>
    </message>
    <message>
        <source>no truth</source>
        <translation>keine Wahrheit</translation>
    </message>
    <message>
        <source>, refined {mean:.0f} mm</source>
        <translation>, verfeinert {mean:.0f} mm</translation>
    </message>
    <message>
        <source>{stream} frames</source>
        <translation>{stream} Bilder</translation>
    </message>
    <message>
        <source>frame {:.0f}</source>
        <translation>Bild {:.0f}</translation>
    </message>
    <message>
        <source>azimuth {:.0f}°</source>
        <translation>Azimut {:.0f}°</translation>
    </message>
    <message>
        <source>elevation {:+.0f}°</source>
        <translation>Elevation {:+.0f}°</translation>
    </message>
    <message>
        <source>distance {:.0f} mm</source>
        <translation>Abstand {:.0f} mm</translation>
    </message>
    <message>
        <source>depth {:.0f} mm</source>
        <translation>Tiefe {:.0f} mm</translation>
    </message>
    <message>
        <source>refined {:.0f} mm</source>
        <translation>verfeinert {:.0f} mm</translation>
    </message>
    <message>
        <source>no truth here</source>
        <translation>hier keine Wahrheit</translation>
    </message>
    <message>
        <source>Folder…</source>
        <translation>Ordner…</translation>
    </message>
    <message>
        <source>Open a data set folder</source>
        <translation>Ordner eines Datensatzes öffnen</translation>
    </message>
    <message>
        <source>File…</source>
        <translation>Datei…</translation>
    </message>
    <message>
        <source>Video…</source>
        <translation>Video…</translation>
    </message>
    <message>
        <source>Show the video beneath the joints of this file</source>
        <translation>Das Video unter den Gelenken dieser Datei zeigen</translation>
    </message>
    <message>
        <source>Joints, mm</source>
        <translation>Gelenke, mm</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>Open a folder or file of pairs.</source>
        <translation>Einen Ordner oder eine Datei mit Paaren öffnen.</translation>
    </message>
    <message>
        <source>Next worst</source>
        <translation>Nächstschlechtestes</translation>
    </message>
    <message>
        <source>Refined</source>
        <translation>Verfeinert</translation>
    </message>
    <message>
        <source>What the refiner in use makes of the pose, beside MediaPipe and the truth (R)</source>
        <translation>Was der benutzte Verfeinerer aus der Pose macht, neben MediaPipe und der Wahrheit (R)</translation>
    </message>
    <message>
        <source>refined, left</source>
        <translation>verfeinert, links</translation>
    </message>
    <message>
        <source>truth, left</source>
        <translation>Wahrheit, links</translation>
    </message>
    <message>
        <source>right</source>
        <translation>rechts</translation>
    </message>
    <message>
        <source>truth</source>
        <translation>Wahrheit</translation>
    </message>
    <message>
        <source>MediaPipe, left</source>
        <translation>MediaPipe, links</translation>
    </message>
    <message>
        <source>distance</source>
        <translation>Abstand</translation>
    </message>
    <message>
        <source>Jobs are not done</source>
        <translation>Aufträge sind nicht fertig</translation>
    </message>
    <message>
        <source>If they are stopped:</source>
        <translation>Wenn sie angehalten werden:</translation>
    </message>
    <message>
        <source>Stop and close</source>
        <translation>Anhalten und schließen</translation>
    </message>
    <message>
        <source>Go on in the background</source>
        <translation>Im Hintergrund weitermachen</translation>
    </message>
    <message>
        <source>The window goes, a small one with the jobs stays until they are done</source>
        <translation>Das Fenster geht, ein kleines mit den Aufträgen bleibt, bis sie fertig sind</translation>
    </message>
    <message>
        <source>Stay</source>
        <translation>Bleiben</translation>
    </message>
    <message>
        <source>These jobs are not done:</source>
        <translation>Diese Aufträge sind nicht fertig:</translation>
    </message>
    <message>
        <source>and {n} more</source>
        <translation>und {n} weitere</translation>
    </message>
    <message>
        <source>Jobs - Neural Depth Refinement</source>
        <translation>Aufträge - Neural Depth Refinement</translation>
    </message>
    <message>
        <source>The program ends when these are done.</source>
        <translation>Das Programm endet, wenn diese fertig sind.</translation>
    </message>
    <message>
        <source>{n_recorded} recorded frames</source>
        <translation>{n_recorded} aufgenommene Bilder</translation>
    </message>
    <message>
        <source>Export several videos</source>
        <translation>Mehrere Videos exportieren</translation>
    </message>
    <message>
        <source>{n} videos</source>
        <translation>{n} Videos</translation>
    </message>
    <message>
        <source>The refiner {name} is in use from now on.</source>
        <translation>Der Verfeinerer {name} wird ab jetzt benutzt.</translation>
    </message>
    <message>
        <source>The training of {name} broke off after epoch {n_done} of {n_epochs}.</source>
        <translation>Das Training von {name} brach nach Epoche {n_done} von {n_epochs} ab.</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>The frames done until then are in {folder}.</source>
        <translation>Die bis dahin fertigen Bilder sind in {folder}.</translation>
    </message>
    <message>
        <source>Look at it</source>
        <translation>Ansehen</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>Trainieren</translation>
    </message>
    <message>
        <source>{title}: done.</source>
        <translation>{title}: fertig.</translation>
    </message>
    <message>
        <source>{title}: taken off the queue.</source>
        <translation>{title}: aus der Warteschlange genommen.</translation>
    </message>
    <message>
        <source>Log: {title}</source>
        <translation>Protokoll: {title}</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Clear finished</source>
        <translation>Fertige entfernen</translation>
    </message>
    <message>
        <source>Save log…</source>
        <translation>Protokoll speichern…</translation>
    </message>
    <message>
        <source>Save log</source>
        <translation>Protokoll speichern</translation>
    </message>
    <message>
        <source>Text (*.log *.txt)</source>
        <translation>Text (*.log *.txt)</translation>
    </message>
    <message>
        <source>Jobs</source>
        <translation>Aufträge</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>  ·  {others} more</source>
        <translation>  ·  {others} weitere</translation>
    </message>
    <message>
        <source>Waits for its turn</source>
        <translation>Wartet, bis er an der Reihe ist</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Hält an…</translation>
    </message>
    <message>
        <source>{time} left</source>
        <translation>noch {time}</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>Beginnt…</translation>
    </message>
    <message>
        <source>{hours} h {minutes} min</source>
        <translation>{hours} Std. {minutes} Min.</translation>
    </message>
    <message>
        <source>{minutes} min {rest} s</source>
        <translation>{minutes} Min. {rest} s</translation>
    </message>
    <message>
        <source>about {distance_m:.1f} m away  ·  {camera_text}</source>
        <translation>etwa {distance_m:.1f} m entfernt  ·  {camera_text}</translation>
    </message>
    <message>
        <source>calibrated camera</source>
        <translation>kalibrierte Kamera</translation>
    </message>
    <message>
        <source>{fov_deg:g}° wide</source>
        <translation>{fov_deg:g}° weit</translation>
    </message>
    <message>
        <source>{fov_deg:g}° assumed</source>
        <translation>{fov_deg:g}° angenommen</translation>
    </message>
    <message>
        <source>Processing</source>
        <translation>Verarbeitung</translation>
    </message>
    <message>
        <source>looks {seen:.2f} m tall; lengths × {scale:.2f}</source>
        <translation>sieht {seen:.2f} m groß aus; Längen × {scale:.2f}</translation>
    </message>
    <message>
        <source>No refiner: you see MediaPipe&apos;s own joints.</source>
        <translation>Kein Verfeinerer: zu sehen sind MediaPipes eigene Gelenke.</translation>
    </message>
    <message>
        <source>learned from {n_pairs:,} pairs</source>
        <translation>aus {n_pairs:,} Paaren gelernt</translation>
    </message>
    <message>
        <source>{replace}: depth error {raw:.0f} → {refined:.0f} mm</source>
        <translation>{replace}: Tiefenfehler {raw:.0f} → {refined:.0f} mm</translation>
    </message>
    <message>
        <source>This model learned the errors of &apos;{pose_variant}&apos;: expect worse depth with &apos;{variant}&apos;.</source>
        <translation>Dieses Modell lernte die Fehler von „{pose_variant}“: mit „{variant}“ ist die Tiefe schlechter.</translation>
    </message>
    <message>
        <source>  ·  {n_left_out} frames left out</source>
        <translation>  ·  {n_left_out} Bilder ausgelassen</translation>
    </message>
    <message>
        <source>● REC {minutes}:{seconds:02d}  ·  {free_gb:.0f} GB free{left_out}</source>
        <translation>● AUFN {minutes}:{seconds:02d}  ·  {free_gb:.0f} GB frei{left_out}</translation>
    </message>
    <message>
        <source>Record to</source>
        <translation>Aufnehmen nach</translation>
    </message>
    <message>
        <source> ({n_left_out} were left out)</source>
        <translation> ({n_left_out} wurden ausgelassen)</translation>
    </message>
    <message>
        <source>A recording was cut off; what there was of it is saved: {names} in {parent}.</source>
        <translation>Eine Aufnahme wurde abgebrochen; was davon da war, ist gesichert: {names} in {parent}.</translation>
    </message>
    <message>
        <source>Recorded {n_frames} frames{left_out}: {name} and {name_2} in {parent}.</source>
        <translation>{n_frames} Bilder aufgenommen{left_out}: {name} und {name_2} in {parent}.</translation>
    </message>
    <message>
        <source>Search takes</source>
        <translation>Takes suchen</translation>
    </message>
    <message>
        <source>The video of {name} is no longer at {path}; open it where it is now, and its take is found.</source>
        <translation>Das Video von {name} liegt nicht mehr in {path}; wird es dort geöffnet, wo es jetzt liegt, findet sich sein Take.</translation>
    </message>
    <message>
        <source>{name} is open; open another take before it is deleted.</source>
        <translation>{name} ist offen; vor dem Löschen muss ein anderer Take geöffnet werden.</translation>
    </message>
    <message>
        <source>{name} was deleted; its video stays where it is.</source>
        <translation>{name} wurde gelöscht; das Video bleibt, wo es ist.</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>{name} is back.</source>
        <translation>{name} ist wieder da.</translation>
    </message>
    <message>
        <source>Takes</source>
        <translation>Takes</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Show its folder</source>
        <translation>Ordner zeigen</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>No take has {words} in its name, subject, notes or folder.</source>
        <translation>Kein Take hat {words} in Name, Person, Notizen oder Ordner.</translation>
    </message>
    <message>
        <source>{name} ended.</source>
        <translation>{name} ist zu Ende.</translation>
    </message>
    <message>
        <source>{reason} Trying again every {seconds:g} seconds.</source>
        <translation>{reason} Neuer Versuch alle {seconds:g} Sekunden.</translation>
    </message>
    <message>
        <source>Open recent</source>
        <translation>Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>Open a video</source>
        <translation>Video öffnen</translation>
    </message>
    <message>
        <source>Open a video or recording</source>
        <translation>Video oder Aufnahme öffnen</translation>
    </message>
    <message>
        <source>Process a folder of videos</source>
        <translation>Einen Ordner mit Videos verarbeiten</translation>
    </message>
    <message>
        <source>{name} cannot be read: {reason}.</source>
        <translation>{name} kann nicht gelesen werden: {reason}.</translation>
    </message>
    <message>
        <source>There is no video in {names}; choose another folder.</source>
        <translation>In {names} ist kein Video; einen anderen Ordner wählen.</translation>
    </message>
    <message>
        <source>Markers</source>
        <translation>Marken</translation>
    </message>
    <message>
        <source>Marker {n}</source>
        <translation>Marke {n}</translation>
    </message>
    <message>
        <source>Name of the moment at {time}:</source>
        <translation>Name des Augenblicks bei {time}:</translation>
    </message>
    <message>
        <source>Marker</source>
        <translation>Marke</translation>
    </message>
    <message>
        <source>Nothing yet</source>
        <translation>Noch nichts</translation>
    </message>
    <message>
        <source>Forget these</source>
        <translation>Diese vergessen</translation>
    </message>
    <message>
        <source>{name} that the new model was trained on, which favours it</source>
        <translation>{name}, aus denen das neue Modell gelernt hat, was es bevorzugt</translation>
    </message>
    <message>
        <source>The export of the model</source>
        <translation>Der Export des Modells</translation>
    </message>
    <message>
        <source>Measuring the new model</source>
        <translation>Das neue Modell wird gemessen</translation>
    </message>
    <message>
        <source>Measuring the model in use</source>
        <translation>Das benutzte Modell wird gemessen</translation>
    </message>
    <message>
        <source>Training of {name}</source>
        <translation>Training von {name}</translation>
    </message>
    <message>
        <source>The training has finished.</source>
        <translation>Das Training ist fertig.</translation>
    </message>
    <message>
        <source>Another window trains in this folder; wait for it or start a new run.</source>
        <translation>Ein anderes Fenster trainiert in diesem Ordner; warten oder einen neuen Lauf beginnen.</translation>
    </message>
    <message>
        <source>epoch {epoch} of {n_epochs}: depth error {new:.1f} mm, MediaPipe&apos;s {raw:.1f} mm</source>
        <translation>Epoche {epoch} von {n_epochs}: Tiefenfehler {new:.1f} mm, der von MediaPipe {raw:.1f} mm</translation>
    </message>
    <message>
        <source>Speed of playback</source>
        <translation>Geschwindigkeit</translation>
    </message>
    <message>
        <source>Angle, °</source>
        <translation>Winkel, °</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>Links</translation>
    </message>
    <message>
        <source>Right</source>
        <translation>Rechts</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Einzelheiten</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Wegräumen</translation>
    </message>
    <message>
        <source>Viewpoint</source>
        <translation>Blickpunkt</translation>
    </message>
    <message>
        <source>Azimuth</source>
        <translation>Azimut</translation>
    </message>
    <message>
        <source>Elevation</source>
        <translation>Elevation</translation>
    </message>
    <message>
        <source>Confidence</source>
        <translation>Sicherheit</translation>
    </message>
    <message>
        <source>Bone lengths</source>
        <translation>Knochenlängen</translation>
    </message>
    <message>
        <source>Joint angles</source>
        <translation>Gelenkwinkel</translation>
    </message>
    <message>
        <source>Analysis</source>
        <translation>Auswertung</translation>
    </message>
    <message>
        <source>left</source>
        <translation>links</translation>
    </message>
    <message>
        <source>raw</source>
        <translation>roh</translation>
    </message>
    <message>
        <source>Follow</source>
        <translation>Folgen</translation>
    </message>
    <message>
        <source>Keep the person in the middle of the 3D view</source>
        <translation>Die Person in der Mitte der 3D-Ansicht halten</translation>
    </message>
    <message>
        <source>Variation of bone lengths over the last 10 seconds: grey raw, green refined. Click a bone.</source>
        <translation>Schwankung der Knochenlängen in den letzten 10 Sekunden: grau roh, grün verfeinert. Auf einen Knochen klicken.</translation>
    </message>
    <message>
        <source>The camera seen from above: the person in the middle faces up. Right: its height above the hips.</source>
        <translation>Die Kamera von oben gesehen: die Person in der Mitte blickt nach oben. Rechts: ihre Höhe über den Hüften.</translation>
    </message>
    <message>
        <source>Hide (View menu brings it back)</source>
        <translation>Verbergen (das Menü Ansicht holt es zurück)</translation>
    </message>
    <message>
        <source>See a person&apos;s pose in true depth</source>
        <translation>Die Pose eines Menschen in wahrer Tiefe sehen</translation>
    </message>
    <message>
        <source>Drop a video here, or open a file or a camera. One person, one camera, no calibration:
MediaPipe&apos;s 3D joints are corrected as they come, and you see from where the camera looks.</source>
        <translation>Ein Video hierher ziehen oder eine Datei oder Kamera öffnen. Ein Mensch, eine Kamera, keine Kalibrierung:
MediaPipes 3D-Gelenke werden laufend verbessert, und zu sehen ist, von wo die Kamera blickt.</translation>
    </message>
    <message>
        <source>  ·  ±{uncertainty:.0f} mm</source>
        <translation>  ·  ±{uncertainty:.0f} mm</translation>
    </message>
    <message>
        <source>{refined}  ·  raw {cv_raw:.1f} %</source>
        <translation>{refined}  ·  roh {cv_raw:.1f} %</translation>
    </message>
    <message>
        <source>in front</source>
        <translation>von vorn</translation>
    </message>
    <message>
        <source>behind</source>
        <translation>von hinten</translation>
    </message>
    <message>
        <source>{angle:.0f}° to their right</source>
        <translation>{angle:.0f}° zu ihrer Rechten</translation>
    </message>
    <message>
        <source>{angle:.0f}° to their left</source>
        <translation>{angle:.0f}° zu ihrer Linken</translation>
    </message>
    <message>
        <source>level</source>
        <translation>auf gleicher Höhe</translation>
    </message>
    <message>
        <source>{angle:.0f}° above</source>
        <translation>{angle:.0f}° darüber</translation>
    </message>
    <message>
        <source>{angle:.0f}° below</source>
        <translation>{angle:.0f}° darunter</translation>
    </message>
    <message>
        <source>Refine depth</source>
        <translation>Tiefe verfeinern</translation>
    </message>
    <message>
        <source>Models…</source>
        <translation>Modelle…</translation>
    </message>
    <message>
        <source>Hold bone lengths</source>
        <translation>Knochenlängen halten</translation>
    </message>
    <message>
        <source>Smooth</source>
        <translation>Glätten</translation>
    </message>
    <message>
        <source>as seen</source>
        <translation>wie gesehen</translation>
    </message>
    <message>
        <source>Choose the person…</source>
        <translation>Person wählen…</translation>
    </message>
    <message>
        <source>Calibration file…</source>
        <translation>Kalibrierdatei…</translation>
    </message>
    <message>
        <source>Without {name}</source>
        <translation>Ohne {name}</translation>
    </message>
    <message>
        <source>Calibration of the camera</source>
        <translation>Kalibrierung der Kamera</translation>
    </message>
    <message>
        <source>Learned depth refinement on or off (R)</source>
        <translation>Gelernte Verfeinerung der Tiefe an oder aus (R)</translation>
    </message>
    <message>
        <source>More looks at the person, by several networks and at the mirror image, are more accurate and slower</source>
        <translation>Mehr Blicke auf die Person, von mehreren Netzen und auf das Spiegelbild, sind genauer und langsamer</translation>
    </message>
    <message>
        <source>Learn the person&apos;s bone lengths and hold every frame to them</source>
        <translation>Die Knochenlängen der Person lernen und jedes Bild daran halten</translation>
    </message>
    <message>
        <source>Kalman filter: what the refiner is unsure of is smoothed more</source>
        <translation>Kalman-Filter: Worin der Verfeinerer unsicher ist, wird stärker geglättet</translation>
    </message>
    <message>
        <source>More is smoother and later</source>
        <translation>Mehr ist glatter und später</translation>
    </message>
    <message>
        <source>How tall the person is: sets the scale of the 3D view, distances and lengths</source>
        <translation>Wie groß die Person ist: bestimmt den Maßstab der 3D-Ansicht, Abstände und Längen</translation>
    </message>
    <message>
        <source>Field of view across the width of the picture; what is assumed is across its longer side. Only distances depend on it.</source>
        <translation>Öffnungswinkel über die Breite des Bildes; angenommen wird er über die längere Seite. Nur Abstände hängen davon ab.</translation>
    </message>
    <message>
        <source>With several people in view: click on the one to follow</source>
        <translation>Bei mehreren Personen im Bild: die anklicken, der zu folgen ist</translation>
    </message>
    <message>
        <source>Refinement</source>
        <translation>Verfeinerung</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>Qualität</translation>
    </message>
    <message>
        <source>Over time</source>
        <translation>Über die Zeit</translation>
    </message>
    <message>
        <source>Person</source>
        <translation>Person</translation>
    </message>
    <message>
        <source>Height</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Field of view</source>
        <translation>Bildwinkel</translation>
    </message>
    <message>
        <source>Video</source>
        <translation>Video</translation>
    </message>
    <message>
        <source>  ·  {n_recorded} frames kept for export</source>
        <translation>  ·  {n_recorded} Bilder für den Export behalten</translation>
    </message>
    <message>
        <source>{fps:4.1f} fps   latency {latency}   dropped {n_dropped}</source>
        <translation>{fps:4.1f} Bilder/s   Verzug {latency}   verworfen {n_dropped}</translation>
    </message>
    <message>
        <source>no refiner: raw MediaPipe</source>
        <translation>kein Verfeinerer: MediaPipe roh</translation>
    </message>
    <message>
        <source>{model_name} on {provider}</source>
        <translation>{model_name} auf {provider}</translation>
    </message>
    <message>
        <source>{model_name}: refinement off</source>
        <translation>{model_name}: Verfeinerung aus</translation>
    </message>
    <message>
        <source>Skip</source>
        <translation>Überspringen</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>{n} of {total}</source>
        <translation>{n} von {total}</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Click on the person to follow</source>
        <translation>Die Person anklicken, der zu folgen ist</translation>
    </message>
    <message>
        <source>This frame is not analysed yet</source>
        <translation>Dieses Bild ist noch nicht analysiert</translation>
    </message>
    <message>
        <source>Nobody found in this frame</source>
        <translation>In diesem Bild ist niemand gefunden</translation>
    </message>
    <message>
        <source>What MediaPipe sees</source>
        <translation>Was MediaPipe sieht</translation>
    </message>
    <message>
        <source>The video with the detected body: blue is the person&apos;s left, orange the right. Space pauses, the arrow keys step, and the bar below marks where nobody was found.</source>
        <translation>Das Video mit dem erkannten Körper: blau ist die linke Seite der Person, orange die rechte. Die Leertaste hält an, die Pfeiltasten gehen bildweise, und die Leiste unten zeigt, wo niemand gefunden wurde.</translation>
    </message>
    <message>
        <source>What the refiner makes of it</source>
        <translation>Was der Verfeinerer daraus macht</translation>
    </message>
    <message>
        <source>Grey are MediaPipe&apos;s joints, in colour the refined body. R switches the refinement, B puts both beside each other, 1 looks through the camera. Below: where the camera stands, and how steady the bones are.</source>
        <translation>Grau sind die Gelenke von MediaPipe, farbig der verbesserte Körper. R schaltet die Verbesserung, B stellt beide nebeneinander, 1 blickt durch die Kamera. Darunter: wo die Kamera steht und wie beständig die Knochen sind.</translation>
    </message>
    <message>
        <source>Your own</source>
        <translation>Eigenes</translation>
    </message>
    <message>
        <source>Open or drop a video, or use a camera. Export saves the poses; Train teaches a refiner on your own data. F1 shows every key.</source>
        <translation>Ein Video öffnen oder hierher ziehen oder eine Kamera benutzen. Exportieren speichert die Posen; Trainieren lehrt einen Verfeinerer an eigenen Daten. F1 zeigt alle Tasten.</translation>
    </message>
    <message>
        <source>Refinement, smoothing, person and camera (Ctrl+P)</source>
        <translation>Verfeinerung, Glättung, Person und Kamera (Ctrl+P)</translation>
    </message>
    <message>
        <source>Panels</source>
        <translation>Bereiche</translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation>Aussehen</translation>
    </message>
    <message>
        <source>Play again</source>
        <translation>Noch einmal abspielen</translation>
    </message>
    <message>
        <source>Save the report…</source>
        <translation>Bericht speichern…</translation>
    </message>
    <message>
        <source>Open file…</source>
        <translation>Datei öffnen…</translation>
    </message>
    <message>
        <source>Open a video file</source>
        <translation>Eine Videodatei öffnen</translation>
    </message>
    <message>
        <source>Open camera…</source>
        <translation>Kamera öffnen…</translation>
    </message>
    <message>
        <source>Use a camera of this machine</source>
        <translation>Eine Kamera dieses Rechners benutzen</translation>
    </message>
    <message>
        <source>Open URL…</source>
        <translation>URL öffnen…</translation>
    </message>
    <message>
        <source>Use a network camera or stream (http, rtsp)</source>
        <translation>Eine Netzwerkkamera oder einen Stream benutzen (http, rtsp)</translation>
    </message>
    <message>
        <source>Open the sample</source>
        <translation>Beispiel öffnen</translation>
    </message>
    <message>
        <source>Open the clip that comes with the program</source>
        <translation>Das mitgelieferte Video öffnen</translation>
    </message>
    <message>
        <source>Library</source>
        <translation>Bibliothek</translation>
    </message>
    <message>
        <source>The takes that were opened before; again: back</source>
        <translation>Die früher geöffneten Takes; noch einmal: zurück</translation>
    </message>
    <message>
        <source>Capture</source>
        <translation>Aufnahme</translation>
    </message>
    <message>
        <source>Record one camera or several</source>
        <translation>Eine oder mehrere Kameras aufnehmen</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren…</translation>
    </message>
    <message>
        <source>Save the refined poses</source>
        <translation>Die verfeinerten Posen speichern</translation>
    </message>
    <message>
        <source>Export several…</source>
        <translation>Mehrere exportieren…</translation>
    </message>
    <message>
        <source>Process and save several videos, one by one</source>
        <translation>Mehrere Videos nacheinander verarbeiten und speichern</translation>
    </message>
    <message>
        <source>Export a folder…</source>
        <translation>Einen Ordner exportieren…</translation>
    </message>
    <message>
        <source>Process all videos of a folder</source>
        <translation>Alle Videos eines Ordners verarbeiten</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Play or pause</source>
        <translation>Abspielen oder anhalten</translation>
    </message>
    <message>
        <source>Step back</source>
        <translation>Schritt zurück</translation>
    </message>
    <message>
        <source>One frame back</source>
        <translation>Ein Bild zurück</translation>
    </message>
    <message>
        <source>Step on</source>
        <translation>Schritt vor</translation>
    </message>
    <message>
        <source>One frame on</source>
        <translation>Ein Bild vor</translation>
    </message>
    <message>
        <source>Ten frames back</source>
        <translation>Zehn Bilder zurück</translation>
    </message>
    <message>
        <source>Ten frames on</source>
        <translation>Zehn Bilder weiter</translation>
    </message>
    <message>
        <source>Five seconds back</source>
        <translation>Fünf Sekunden zurück</translation>
    </message>
    <message>
        <source>Five seconds on</source>
        <translation>Fünf Sekunden vor</translation>
    </message>
    <message>
        <source>Go to…</source>
        <translation>Gehe zu…</translation>
    </message>
    <message>
        <source>Go to a frame or a time</source>
        <translation>Zu einem Bild oder einer Zeit gehen</translation>
    </message>
    <message>
        <source>Marker here…</source>
        <translation>Marke hier…</translation>
    </message>
    <message>
        <source>Give this moment a name</source>
        <translation>Diesem Augenblick einen Namen geben</translation>
    </message>
    <message>
        <source>Marker before</source>
        <translation>Vorige Marke</translation>
    </message>
    <message>
        <source>Go to the marker before</source>
        <translation>Zur vorigen Marke</translation>
    </message>
    <message>
        <source>Next marker</source>
        <translation>Nächste Marke</translation>
    </message>
    <message>
        <source>Go to the next marker</source>
        <translation>Zur nächsten Marke</translation>
    </message>
    <message>
        <source>Remove the marker</source>
        <translation>Marke entfernen</translation>
    </message>
    <message>
        <source>Take the marker here away</source>
        <translation>Die Marke hier entfernen</translation>
    </message>
    <message>
        <source>Slower</source>
        <translation>Langsamer</translation>
    </message>
    <message>
        <source>Play slower</source>
        <translation>Langsamer abspielen</translation>
    </message>
    <message>
        <source>Faster</source>
        <translation>Schneller</translation>
    </message>
    <message>
        <source>Play faster</source>
        <translation>Schneller abspielen</translation>
    </message>
    <message>
        <source>Loop</source>
        <translation>Schleife</translation>
    </message>
    <message>
        <source>Play the range again and again</source>
        <translation>Den Bereich immer wieder abspielen</translation>
    </message>
    <message>
        <source>In point here</source>
        <translation>Anfang hier</translation>
    </message>
    <message>
        <source>Begin the range here</source>
        <translation>Den Bereich hier beginnen</translation>
    </message>
    <message>
        <source>Out point here</source>
        <translation>Ende hier</translation>
    </message>
    <message>
        <source>End the range here</source>
        <translation>Den Bereich hier beenden</translation>
    </message>
    <message>
        <source>Whole file</source>
        <translation>Ganze Datei</translation>
    </message>
    <message>
        <source>Take the in and out point away</source>
        <translation>Anfang und Ende des Bereichs wegnehmen</translation>
    </message>
    <message>
        <source>Record</source>
        <translation>Aufnehmen</translation>
    </message>
    <message>
        <source>Record to…</source>
        <translation>Aufnehmen nach…</translation>
    </message>
    <message>
        <source>Choose the folder of recordings</source>
        <translation>Den Ordner der Aufnahmen wählen</translation>
    </message>
    <message>
        <source>Learned depth refinement on or off</source>
        <translation>Gelernte Verfeinerung der Tiefe an oder aus</translation>
    </message>
    <message>
        <source>Before and after</source>
        <translation>Vorher und nachher</translation>
    </message>
    <message>
        <source>Raw and refined beside each other in 3D</source>
        <translation>Roh und verfeinert nebeneinander in 3D</translation>
    </message>
    <message>
        <source>With several people: click on the one to follow</source>
        <translation>Bei mehreren Personen: die anklicken, der zu folgen ist</translation>
    </message>
    <message>
        <source>Mirror the video</source>
        <translation>Video spiegeln</translation>
    </message>
    <message>
        <source>As a mirror does; data stays as it is</source>
        <translation>Wie ein Spiegel; die Daten bleiben, wie sie sind</translation>
    </message>
    <message>
        <source>Bones over the video</source>
        <translation>Knochen über dem Video</translation>
    </message>
    <message>
        <source>Show or hide the bones</source>
        <translation>Die Knochen zeigen oder verbergen</translation>
    </message>
    <message>
        <source>Darken the video</source>
        <translation>Video abdunkeln</translation>
    </message>
    <message>
        <source>Darken the picture under the bones</source>
        <translation>Das Bild unter den Knochen abdunkeln</translation>
    </message>
    <message>
        <source>3D from the camera</source>
        <translation>3D von der Kamera aus</translation>
    </message>
    <message>
        <source>See what the camera sees</source>
        <translation>Sehen, was die Kamera sieht</translation>
    </message>
    <message>
        <source>3D from the front</source>
        <translation>3D von vorn</translation>
    </message>
    <message>
        <source>See the person&apos;s front</source>
        <translation>Die Person von vorn sehen</translation>
    </message>
    <message>
        <source>3D from the side</source>
        <translation>3D von der Seite</translation>
    </message>
    <message>
        <source>See the person&apos;s right side</source>
        <translation>Die rechte Seite der Person sehen</translation>
    </message>
    <message>
        <source>3D from above</source>
        <translation>3D von oben</translation>
    </message>
    <message>
        <source>See the person from above</source>
        <translation>Die Person von oben sehen</translation>
    </message>
    <message>
        <source>Follow in 3D</source>
        <translation>In 3D folgen</translation>
    </message>
    <message>
        <source>Reset 3D view</source>
        <translation>3D-Ansicht zurücksetzen</translation>
    </message>
    <message>
        <source>Look from the start position again</source>
        <translation>Wieder vom Anfang aus blicken</translation>
    </message>
    <message>
        <source>Reset the layout</source>
        <translation>Anordnung zurücksetzen</translation>
    </message>
    <message>
        <source>Put every panel where it was</source>
        <translation>Jeden Bereich dorthin, wo er war</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>Vollbild</translation>
    </message>
    <message>
        <source>Fill the screen</source>
        <translation>Den Bildschirm füllen</translation>
    </message>
    <message>
        <source>Train…</source>
        <translation>Trainieren…</translation>
    </message>
    <message>
        <source>Train a refiner on a folder of pairs</source>
        <translation>Einen Verfeinerer an einem Ordner mit Paaren trainieren</translation>
    </message>
    <message>
        <source>Choose, add or remove refiners</source>
        <translation>Verfeinerer wählen, hinzufügen oder entfernen</translation>
    </message>
    <message>
        <source>Training, studio and exports: progress and logs</source>
        <translation>Training, Studio und Exporte: Fortschritt und Protokolle</translation>
    </message>
    <message>
        <source>Inspect pairs…</source>
        <translation>Paare ansehen…</translation>
    </message>
    <message>
        <source>Tour</source>
        <translation>Rundgang</translation>
    </message>
    <message>
        <source>Three steps through the window</source>
        <translation>In drei Schritten durch das Fenster</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Playback</source>
        <translation>Wiedergabe</translation>
    </message>
    <message>
        <source>View</source>
        <translation>Ansicht</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>Hilfe</translation>
    </message>
    <message>
        <source>System</source>
        <translation>System</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>nothing open</source>
        <translation>nichts geöffnet</translation>
    </message>
    <message>
        <source>opening</source>
        <translation>wird geöffnet</translation>
    </message>
    <message>
        <source>loading models</source>
        <translation>Modelle werden geladen</translation>
    </message>
    <message>
        <source>playing</source>
        <translation>spielt</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>angehalten</translation>
    </message>
    <message>
        <source>ended</source>
        <translation>zu Ende</translation>
    </message>
    <message>
        <source>lost, trying again</source>
        <translation>verloren, neuer Versuch</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>gestoppt</translation>
    </message>
    <message>
        <source>Drag</source>
        <translation>Ziehen</translation>
    </message>
    <message>
        <source>Turn it</source>
        <translation>Drehen</translation>
    </message>
    <message>
        <source>Move it</source>
        <translation>Verschieben</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>Größer und kleiner</translation>
    </message>
    <message>
        <source>Arrow keys</source>
        <translation>Pfeiltasten</translation>
    </message>
    <message>
        <source>Turn it, once Tab has reached it; Shift moves it</source>
        <translation>Drehen, wenn Tab dort ist; mit Umschalt verschieben</translation>
    </message>
    <message>
        <source>+ and −</source>
        <translation>+ und −</translation>
    </message>
    <message>
        <source>Middle drag</source>
        <translation>Mit der mittleren Taste ziehen</translation>
    </message>
    <message>
        <source>Record a camera with its poses</source>
        <translation>Eine Kamera mit ihren Posen aufnehmen</translation>
    </message>
    <message>
        <source>Send live…</source>
        <translation>Live senden…</translation>
    </message>
    <message>
        <source>Poses to avatars</source>
        <translation>Posen an Avatare</translation>
    </message>
    <message>
        <source>Wheel</source>
        <translation>Rad</translation>
    </message>
    <message>
        <source>Double click</source>
        <translation>Doppelklick</translation>
    </message>
    <message>
        <source>Drop a file</source>
        <translation>Eine Datei hierher ziehen</translation>
    </message>
    <message>
        <source>Click in a plot</source>
        <translation>In eine Kurve klicken</translation>
    </message>
    <message>
        <source>Go to that time</source>
        <translation>Zu dieser Zeit springen</translation>
    </message>
    <message>
        <source>Click on a bone</source>
        <translation>Auf einen Knochen klicken</translation>
    </message>
    <message>
        <source>Its length over time; with Tab and the arrow keys too</source>
        <translation>Seine Länge über die Zeit; auch mit Tab und den Pfeiltasten</translation>
    </message>
    <message>
        <source>The refiner&apos;s joints; tables hold MediaPipe&apos;s beside them</source>
        <translation>Die Gelenke des Verfeinerers; in Tabellen stehen MediaPipes daneben</translation>
    </message>
    <message>
        <source>Raw</source>
        <translation>Roh</translation>
    </message>
    <message>
        <source>MediaPipe&apos;s own joints</source>
        <translation>MediaPipes eigene Gelenke</translation>
    </message>
    <message>
        <source>Both</source>
        <translation>Beide</translation>
    </message>
    <message>
        <source>In two folders, refined and raw</source>
        <translation>In zwei Ordnern, verfeinert und roh</translation>
    </message>
    <message>
        <source>Quick</source>
        <translation>Schnell</translation>
    </message>
    <message>
        <source>A first look: is the data right, does the error fall?</source>
        <translation>Ein erster Blick: stimmen die Daten, sinkt der Fehler?</translation>
    </message>
    <message>
        <source>Full</source>
        <translation>Ganz</translation>
    </message>
    <message>
        <source>To use the result.</source>
        <translation>Um das Ergebnis zu benutzen.</translation>
    </message>
    <message>
        <source>In the 3D view</source>
        <translation>In der 3D-Ansicht</translation>
    </message>
    <message>
        <source>Elsewhere</source>
        <translation>Sonst</translation>
    </message>
    <message>
        <source>Show or hide a panel, up to Alt+9</source>
        <translation>Einen Bereich zeigen oder ausblenden, bis Alt+9</translation>
    </message>
    <message>
        <source>not analysed</source>
        <translation>nicht analysiert</translation>
    </message>
    <message>
        <source>partly analysed</source>
        <translation>teils analysiert</translation>
    </message>
    <message>
        <source>analysed</source>
        <translation>analysiert</translation>
    </message>
    <message>
        <source>&lt;h3&gt;Neural Depth Refinement&lt;/h3&gt;
&lt;p&gt;Live, calibration-free correction of MediaPipe&apos;s 3D pose from one camera.&lt;/p&gt;
&lt;p&gt;Blue is the subject&apos;s left, orange the right; grey is what MediaPipe said. The viewpoint is where the camera is,
seen from the subject: azimuth 0° in front, 90° to the subject&apos;s right; elevation is positive above the pelvis.&lt;/p&gt;
&lt;p&gt;Apache-2.0. MediaPipe and its pose model: Google, Apache-2.0.&lt;/p&gt;</source>
        <translation>&lt;h3&gt;Neural Depth Refinement&lt;/h3&gt;
&lt;p&gt;Laufende Verbesserung von MediaPipes 3D-Pose aus einer Kamera, ohne Kalibrierung.&lt;/p&gt;
&lt;p&gt;Blau ist die linke Seite der Person, orange die rechte; grau ist, was MediaPipe sagte. Der Blickpunkt ist, wo die Kamera ist,
von der Person aus: Azimut 0° vorn, 90° zur Rechten der Person; die Elevation ist über dem Becken positiv.&lt;/p&gt;
&lt;p&gt;Apache-2.0. MediaPipe und sein Posenmodell: Google, Apache-2.0.&lt;/p&gt;</translation>
    </message>
    <message>
        <source>The studio films rendered people who move as in motion-capture files, runs MediaPipe on the film and writes what it saw beside the truth. About ten frames a second and process; it can be stopped and continued.</source>
        <translation>Das Studio filmt gerenderte Menschen, die sich wie in Bewegungsaufnahmen bewegen, lässt MediaPipe den Film sehen und schreibt neben der Wahrheit, was es sah. Etwa zehn Bilder je Sekunde und Prozess; es kann angehalten und fortgesetzt werden.</translation>
    </message>
    <message>
        <source>Several calibrated cameras</source>
        <translation>Mehrere kalibrierte Kameras</translation>
    </message>
    <message>
        <source>AIST++ dance videos</source>
        <translation>AIST++-Tanzvideos</translation>
    </message>
    <message>
        <source>Synchronised videos and a calibration (Qualisys, Pose2Sim, Caliscope, anipose, OpenCV, AIST++). The truth is triangulated, or read from a C3D or TRC file. A video belongs to the camera whose name is in its file name.</source>
        <translation>Gleichzeitige Videos und eine Kalibrierung (Qualisys, Pose2Sim, Caliscope, anipose, OpenCV, AIST++). Die Wahrheit wird trianguliert oder aus einer C3D- oder TRC-Datei gelesen. Ein Video gehört zu der Kamera, deren Name im Dateinamen steht.</translation>
    </message>
    <message>
        <source>The videos, and the folder of the annotations with cameras, keypoints3d and splits as published. It can be stopped and continued.</source>
        <translation>Die Videos und der Ordner der Annotationen mit cameras, keypoints3d und splits, wie veröffentlicht. Es kann angehalten und fortgesetzt werden.</translation>
    </message>
    <message>
        <source>Nothing runs. Training, making data, conversion and export appear here.</source>
        <translation>Nichts läuft. Training, Datenherstellung, Umwandlung und Export erscheinen hier.</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>A training can be continued from its last whole epoch.</source>
        <translation>Ein Training kann von seiner letzten ganzen Epoche an fortgesetzt werden.</translation>
    </message>
    <message>
        <source>The studio goes on where it was when it is told to make the same data again.</source>
        <translation>Das Studio macht weiter, wo es war, wenn es dieselben Daten noch einmal herstellen soll.</translation>
    </message>
    <message>
        <source>A conversion keeps the videos that are finished.</source>
        <translation>Eine Umwandlung behält die Videos, die fertig sind.</translation>
    </message>
    <message>
        <source>An export keeps the frames done until then, one that waits is not done at all.</source>
        <translation>Ein Export behält die bis dahin fertigen Bilder, einer, der wartet, wird gar nicht gemacht.</translation>
    </message>
    <message>
        <source>automatic, what this machine carries</source>
        <translation>automatisch, was dieser Rechner schafft</translation>
    </message>
    <message>
        <source>fast, one look</source>
        <translation>schnell, ein Blick</translation>
    </message>
    <message>
        <source>balanced, two looks</source>
        <translation>ausgewogen, zwei Blicke</translation>
    </message>
    <message>
        <source>best, four looks</source>
        <translation>beste, vier Blicke</translation>
    </message>
    <message>
        <source>Data set</source>
        <translation>Datensatz</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>Training</translation>
    </message>
    <message>
        <source>Validation</source>
        <translation>Validierung</translation>
    </message>
    <message>
        <source>Test</source>
        <translation>Test</translation>
    </message>
    <message>
        <source>Made</source>
        <translation>Gemacht</translation>
    </message>
    <message>
        <source>Raw depth</source>
        <translation>Tiefe roh</translation>
    </message>
    <message>
        <source>Variant</source>
        <translation>Variante</translation>
    </message>
    <message>
        <source>joint</source>
        <translation>Gelenk</translation>
    </message>
    <message>
        <source>error</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>late, but adaptive</source>
        <translation>verspätet, aber anpassend</translation>
    </message>
    <message>
        <source>front</source>
        <translation>vorn</translation>
    </message>
    <message>
        <source>Front</source>
        <translation>Vorn</translation>
    </message>
    <message>
        <source>Side</source>
        <translation>Seite</translation>
    </message>
    <message>
        <source>Top</source>
        <translation>Oben</translation>
    </message>
    <message>
        <source>front right</source>
        <translation>vorn rechts</translation>
    </message>
    <message>
        <source>on the right</source>
        <translation>rechts</translation>
    </message>
    <message>
        <source>behind right</source>
        <translation>hinten rechts</translation>
    </message>
    <message>
        <source>behind left</source>
        <translation>hinten links</translation>
    </message>
    <message>
        <source>on the left</source>
        <translation>links</translation>
    </message>
    <message>
        <source>front left</source>
        <translation>vorn links</translation>
    </message>
    <message>
        <source>MediaPipe&apos;s joints in grey</source>
        <translation>Gelenke von MediaPipe in Grau</translation>
    </message>
    <message>
        <source>MediaPipe beside it</source>
        <translation>MediaPipe daneben</translation>
    </message>
    <message>
        <source>Colour by the change in depth</source>
        <translation>Farbe nach der Änderung der Tiefe</translation>
    </message>
    <message>
        <source>The refined body alone</source>
        <translation>Nur der verbesserte Körper</translation>
    </message>
    <message>
        <source>Camera and its picture</source>
        <translation>Kamera und ihr Bild</translation>
    </message>
    <message>
        <source>Floor with metres</source>
        <translation>Boden mit Metern</translation>
    </message>
    <message>
        <source>Expected errors</source>
        <translation>Erwartete Fehler</translation>
    </message>
    <message>
        <source>Head</source>
        <translation>Kopf</translation>
    </message>
    <message>
        <source>Hands</source>
        <translation>Hände</translation>
    </message>
    <message>
        <source>Knees</source>
        <translation>Knie</translation>
    </message>
    <message>
        <source>Feet</source>
        <translation>Füße</translation>
    </message>
    <message>
        <source>Once around the person</source>
        <translation>Einmal um die Person</translation>
    </message>
    <message>
        <source>To either side and back</source>
        <translation>Zu beiden Seiten und zurück</translation>
    </message>
    <message>
        <source>As it is seen now</source>
        <translation>Wie es jetzt zu sehen ist</translation>
    </message>
    <message>
        <source>Through the camera that filmed</source>
        <translation>Durch die filmende Kamera</translation>
    </message>
    <message>
        <source>VMC, for avatars</source>
        <translation>VMC, für Avatare</translation>
    </message>
    <message>
        <source>OSC, one bundle per frame</source>
        <translation>OSC, ein Bündel je Bild</translation>
    </message>
    <message>
        <source>WebSocket, JSON (listens)</source>
        <translation>WebSocket, JSON (wartet)</translation>
    </message>
    <message>
        <source>TCP, lines of JSON (listens)</source>
        <translation>TCP, JSON-Zeilen (wartet)</translation>
    </message>
    <message>
        <source>azimuth, °</source>
        <translation>Azimut, °</translation>
    </message>
    <message>
        <source>position, m</source>
        <translation>Lage, m</translation>
    </message>
    <message>
        <source>Measure</source>
        <translation>Messgröße</translation>
    </message>
    <message>
        <source>Mean</source>
        <translation>Mittel</translation>
    </message>
    <message>
        <source>SD</source>
        <translation>SD</translation>
    </message>
    <message>
        <source>Min</source>
        <translation>Min</translation>
    </message>
    <message>
        <source>at, s</source>
        <translation>bei, s</translation>
    </message>
    <message>
        <source>Max</source>
        <translation>Max</translation>
    </message>
    <message>
        <source>Right hip flexion</source>
        <translation>Hüftbeugung rechts</translation>
    </message>
    <message>
        <source>Left hip flexion</source>
        <translation>Hüftbeugung links</translation>
    </message>
    <message>
        <source>Right hip abduction</source>
        <translation>Hüftabspreizung rechts</translation>
    </message>
    <message>
        <source>Left hip abduction</source>
        <translation>Hüftabspreizung links</translation>
    </message>
    <message>
        <source>Right hip rotation</source>
        <translation>Hüftdrehung rechts</translation>
    </message>
    <message>
        <source>Left hip rotation</source>
        <translation>Hüftdrehung links</translation>
    </message>
    <message>
        <source>Right knee flexion</source>
        <translation>Kniebeugung rechts</translation>
    </message>
    <message>
        <source>Left knee flexion</source>
        <translation>Kniebeugung links</translation>
    </message>
    <message>
        <source>Right ankle dorsiflexion</source>
        <translation>Fußhebung rechts</translation>
    </message>
    <message>
        <source>Left ankle dorsiflexion</source>
        <translation>Fußhebung links</translation>
    </message>
    <message>
        <source>Right shoulder elevation</source>
        <translation>Schulterhebung rechts</translation>
    </message>
    <message>
        <source>Left shoulder elevation</source>
        <translation>Schulterhebung links</translation>
    </message>
    <message>
        <source>Right shoulder plane</source>
        <translation>Hebungsebene der Schulter rechts</translation>
    </message>
    <message>
        <source>Left shoulder plane</source>
        <translation>Hebungsebene der Schulter links</translation>
    </message>
    <message>
        <source>Right shoulder rotation</source>
        <translation>Schulterdrehung rechts</translation>
    </message>
    <message>
        <source>Left shoulder rotation</source>
        <translation>Schulterdrehung links</translation>
    </message>
    <message>
        <source>Right elbow flexion</source>
        <translation>Ellbogenbeugung rechts</translation>
    </message>
    <message>
        <source>Left elbow flexion</source>
        <translation>Ellbogenbeugung links</translation>
    </message>
    <message>
        <source>Hip height</source>
        <translation>Hüfthöhe</translation>
    </message>
    <message>
        <source>Step length</source>
        <translation>Schrittlänge</translation>
    </message>
    <message>
        <source>Right wrist height</source>
        <translation>Höhe des Handgelenks rechts</translation>
    </message>
    <message>
        <source>Left wrist height</source>
        <translation>Höhe des Handgelenks links</translation>
    </message>
    <message>
        <source>predicted</source>
        <translation>geschätzt</translation>
    </message>
    <message>
        <source>elevation, °</source>
        <translation>Elevation, °</translation>
    </message>
    <message>
        <source>% and mm</source>
        <translation>% und mm</translation>
    </message>
    <message>
        <source>visibility, %</source>
        <translation>Sichtbarkeit, %</translation>
    </message>
    <message>
        <source>expected error, mm</source>
        <translation>erwarteter Fehler, mm</translation>
    </message>
    <message>
        <source>CV, %</source>
        <translation>VK, %</translation>
    </message>
    <message>
        <source>length, cm</source>
        <translation>Länge, cm</translation>
    </message>
    <message>
        <source>angle, °</source>
        <translation>Winkel, °</translation>
    </message>
    <message>
        <source>refined</source>
        <translation>verfeinert</translation>
    </message>
    <message>
        <source>depth</source>
        <translation>Tiefe</translation>
    </message>
    <message>
        <source>visible</source>
        <translation>sichtbar</translation>
    </message>
    <message>
        <source>Depth error</source>
        <translation>Tiefenfehler</translation>
    </message>
    <message>
        <source>Joint error (MPJPE)</source>
        <translation>Gelenkfehler (MPJPE)</translation>
    </message>
    <message>
        <source>Bone-length variation</source>
        <translation>Schwankung der Knochenlängen</translation>
    </message>
    <message>
        <source>Bone-length bias</source>
        <translation>Abweichung der Knochenlängen</translation>
    </message>
    <message>
        <source>Azimuth error, median</source>
        <translation>Azimutfehler, Median</translation>
    </message>
    <message>
        <source>Elevation error, median</source>
        <translation>Elevationsfehler, Median</translation>
    </message>
    <message>
        <source>Frames made worse by 2 cm</source>
        <translation>Um 2 cm verschlechterte Bilder</translation>
    </message>
    <message>
        <source>What each format expects</source>
        <translation>Was jedes Format erwartet</translation>
    </message>
    <message>
        <source>Upright for other programs, view-ray for tables.</source>
        <translation>Aufrecht für andere Programme, Sehstrahl für Tabellen.</translation>
    </message>
    <message>
        <source>Upright, y up</source>
        <translation>Aufrecht, y oben</translation>
    </message>
    <message>
        <source>y against gravity, z towards the camera: Unity, Maya, glTF, OpenSim.</source>
        <translation>y gegen die Schwerkraft, z zur Kamera: Unity, Maya, glTF, OpenSim.</translation>
    </message>
    <message>
        <source>Upright, z up</source>
        <translation>Aufrecht, z oben</translation>
    </message>
    <message>
        <source>z against gravity, y away from the camera: Blender, C3D.</source>
        <translation>z gegen die Schwerkraft, y von der Kamera weg: Blender, C3D.</translation>
    </message>
    <message>
        <source>x right, y down, z along the camera&apos;s axis, as in OpenCV.</source>
        <translation>x rechts, y unten, z entlang der Kameraachse, wie in OpenCV.</translation>
    </message>
    <message>
        <source>View-ray</source>
        <translation>Sehstrahl</translation>
    </message>
    <message>
        <source>As the refiner works: z along the ray from the camera to the hips.</source>
        <translation>Wie der Verfeinerer arbeitet: z entlang des Strahls von der Kamera zu den Hüften.</translation>
    </message>
    <message>
        <source>For other programs</source>
        <translation>Für andere Programme</translation>
    </message>
    <message>
        <source>Numbers</source>
        <translation>Zahlen</translation>
    </message>
    <message>
        <source>To look at</source>
        <translation>Zum Ansehen</translation>
    </message>
    <message>
        <source>More</source>
        <translation>Weiteres</translation>
    </message>
    <message>
        <source>Report to hand over</source>
        <translation>Bericht zum Weitergeben</translation>
    </message>
    <message>
        <source>Report for a browser</source>
        <translation>Bericht für den Browser</translation>
    </message>
    <message>
        <source>Annotated video</source>
        <translation>Video mit Knochen</translation>
    </message>
    <message>
        <source>Video of raw beside refined</source>
        <translation>Video von roh neben verfeinert</translation>
    </message>
    <message>
        <source>Report as a picture</source>
        <translation>Bericht als Bild</translation>
    </message>
    <message>
        <source>NumPy archive with everything</source>
        <translation>NumPy-Archiv mit allem</translation>
    </message>
    <message>
        <source>Table, one row per frame</source>
        <translation>Tabelle, eine Zeile je Bild</translation>
    </message>
    <message>
        <source>Table, one row per frame and landmark</source>
        <translation>Tabelle, eine Zeile je Bild und Landmarke</translation>
    </message>
    <message>
        <source>Table for pandas, R, DuckDB</source>
        <translation>Tabelle für pandas, R, DuckDB</translation>
    </message>
    <message>
        <source>JSON, one object per frame</source>
        <translation>JSON, ein Objekt je Bild</translation>
    </message>
    <message>
        <source>Joint angles, one row per frame</source>
        <translation>Gelenkwinkel, eine Zeile je Bild</translation>
    </message>
    <message>
        <source>Repetitions, one row each</source>
        <translation>Wiederholungen, je eine Zeile</translation>
    </message>
    <message>
        <source>Markers for OpenSim</source>
        <translation>Marker für OpenSim</translation>
    </message>
    <message>
        <source>Joint angles for OpenSim</source>
        <translation>Gelenkwinkel für OpenSim</translation>
    </message>
    <message>
        <source>Markers for motion-capture programs</source>
        <translation>Marker für Motion-Capture-Programme</translation>
    </message>
    <message>
        <source>Skeleton animation for Blender, Unity, Maya</source>
        <translation>Skelettanimation für Blender, Unity, Maya</translation>
    </message>
    <message>
        <source>Animated figure (glTF) for Blender, the web</source>
        <translation>Animierte Figur (glTF) für Blender, das Web</translation>
    </message>
    <message>
        <source>as the refiner gave it</source>
        <translation>wie der Verfeinerer es gab</translation>
    </message>
    <message>
        <source>zero-lag low pass</source>
        <translation>Tiefpass ohne Verzug</translation>
    </message>
    <message>
        <source>low pass as it could be live</source>
        <translation>Tiefpass, wie er live sein könnte</translation>
    </message>
    <message>
        <source>polynomial fits, keeps peaks</source>
        <translation>Polynome, erhält Spitzen</translation>
    </message>
    <message>
        <source>Kalman and Rauch-Tung-Striebel smoother</source>
        <translation>Glätter nach Kalman und Rauch-Tung-Striebel</translation>
    </message>
    <message>
        <source>Whole body</source>
        <translation>Ganzer Körper</translation>
    </message>
    <message>
        <source>Left upper arm</source>
        <translation>Linker Oberarm</translation>
    </message>
    <message>
        <source>Right upper arm</source>
        <translation>Rechter Oberarm</translation>
    </message>
    <message>
        <source>Left forearm</source>
        <translation>Linker Unterarm</translation>
    </message>
    <message>
        <source>Right forearm</source>
        <translation>Rechter Unterarm</translation>
    </message>
    <message>
        <source>Left thigh</source>
        <translation>Linker Oberschenkel</translation>
    </message>
    <message>
        <source>Right thigh</source>
        <translation>Rechter Oberschenkel</translation>
    </message>
    <message>
        <source>Left shin</source>
        <translation>Linker Unterschenkel</translation>
    </message>
    <message>
        <source>Right shin</source>
        <translation>Rechter Unterschenkel</translation>
    </message>
    <message>
        <source>Shoulders</source>
        <translation>Schultern</translation>
    </message>
    <message>
        <source>Hips</source>
        <translation>Hüften</translation>
    </message>
    <message>
        <source>Hip flexion</source>
        <translation>Hüftbeugung</translation>
    </message>
    <message>
        <source>Hip abduction</source>
        <translation>Hüftabspreizung</translation>
    </message>
    <message>
        <source>Hip rotation</source>
        <translation>Hüftdrehung</translation>
    </message>
    <message>
        <source>Knee flexion</source>
        <translation>Kniebeugung</translation>
    </message>
    <message>
        <source>Ankle dorsiflexion</source>
        <translation>Fußhebung</translation>
    </message>
    <message>
        <source>Shoulder elevation</source>
        <translation>Schulterhebung</translation>
    </message>
    <message>
        <source>Shoulder plane</source>
        <translation>Schulterebene</translation>
    </message>
    <message>
        <source>Shoulder rotation</source>
        <translation>Schulterdrehung</translation>
    </message>
    <message>
        <source>Elbow flexion</source>
        <translation>Ellenbogenbeugung</translation>
    </message>
    <message>
        <source>Trunk flexion</source>
        <translation>Rumpfbeugung</translation>
    </message>
    <message>
        <source>Trunk side bend</source>
        <translation>Rumpfseitneigung</translation>
    </message>
    <message>
        <source>Trunk rotation</source>
        <translation>Rumpfdrehung</translation>
    </message>
    <message>
        <source>Neck flexion</source>
        <translation>Nackenbeugung</translation>
    </message>
    <message>
        <source>Neck side bend</source>
        <translation>Nackenseitneigung</translation>
    </message>
    <message>
        <source>Neck rotation</source>
        <translation>Nackendrehung</translation>
    </message>
    <message>
        <source>There is no file {path}.</source>
        <translation>Es gibt keine Datei {path}.</translation>
    </message>
    <message>
        <source>There is no folder {path}.</source>
        <translation>Es gibt keinen Ordner {path}.</translation>
    </message>
    <message>
        <source>Epoch {epoch} of {n_epochs}</source>
        <translation>Epoche {epoch} von {n_epochs}</translation>
    </message>
    <message>
        <source>analysing, {percent:.0f} %</source>
        <translation>wird analysiert, {percent:.0f} %</translation>
    </message>
    <message>
        <source>The analysis</source>
        <translation>Die Analyse</translation>
    </message>
    <message>
        <source>{reason} Until then you see raw joints.</source>
        <translation>{reason} Bis dahin sind rohe Gelenke zu sehen.</translation>
    </message>
    <message>
        <source>video not found</source>
        <translation>Video nicht gefunden</translation>
    </message>
    <message>
        <source>saved: {formats}</source>
        <translation>gespeichert: {formats}</translation>
    </message>
    <message>
        <source>A frame (218) or a time (7.25 s, 1:02.5):</source>
        <translation>Ein Bild (218) oder eine Zeit (7.25 s, 1:02.5):</translation>
    </message>
    <message>
        <source>Go to</source>
        <translation>Gehe zu</translation>
    </message>
    <message>
        <source>Video of the stage</source>
        <translation>Video der Bühne</translation>
    </message>
    <message>
        <source>Save…</source>
        <translation>Speichern…</translation>
    </message>
    <message>
        <source>Between the in and the out point, as the 3D view shows it.</source>
        <translation>Zwischen Anfangs- und Endpunkt, wie die 3D-Ansicht es zeigt.</translation>
    </message>
    <message>
        <source>Save the video</source>
        <translation>Video speichern</translation>
    </message>
    <message>
        <source>Saved as {path}.</source>
        <translation>Gespeichert als {path}.</translation>
    </message>
    <message>
        <source>Camera {azimuth_deg:.0f}° {where}, {elevation_deg:.0f}° {side}, {distance_m:.1f} m</source>
        <translation>Kamera {azimuth_deg:.0f}° {where}, {elevation_deg:.0f}° {side}, {distance_m:.1f} m</translation>
    </message>
    <message>
        <source>above</source>
        <translation>oberhalb</translation>
    </message>
    <message>
        <source>below</source>
        <translation>unterhalb</translation>
    </message>
    <message>
        <source>{length:g} m</source>
        <translation>{length:g} m</translation>
    </message>
    <message>
        <source>{length:g} cm</source>
        <translation>{length:g} cm</translation>
    </message>
    <message>
        <source>{metres:g} m</source>
        <translation>{metres:g} m</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Choose what the 3D view shows</source>
        <translation>Auswählen, was die 3D-Ansicht zeigt</translation>
    </message>
    <message>
        <source>Fit the person</source>
        <translation>Person einpassen</translation>
    </message>
    <message>
        <source>Fit person and camera</source>
        <translation>Person und Kamera einpassen</translation>
    </message>
    <message>
        <source>Save a video of the stage…</source>
        <translation>Video der Bühne speichern…</translation>
    </message>
    <message>
        <source>Trails</source>
        <translation>Spuren</translation>
    </message>
    <message>
        <source>nearer {cm:.0f} cm</source>
        <translation>{cm:.0f} cm näher</translation>
    </message>
    <message>
        <source>{cm:.0f} cm farther</source>
        <translation>{cm:.0f} cm ferner</translation>
    </message>
    <message>
        <source>3D view</source>
        <translation>3D-Ansicht</translation>
    </message>
    <message>
        <source>What the cameras see</source>
        <translation>Was die Kameras sehen</translation>
    </message>
    <message>
        <source>Add a camera to see what it sees</source>
        <translation>Eine Kamera hinzufügen, um zu sehen, was sie sieht</translation>
    </message>
    <message>
        <source>Opening…</source>
        <translation>Wird geöffnet…</translation>
    </message>
    <message>
        <source>  {rate:.0f} fps</source>
        <translation>  {rate:.0f} Bilder/s</translation>
    </message>
    <message>
        <source>Send live</source>
        <translation>Live senden</translation>
    </message>
    <message>
        <source>Address for {kind}</source>
        <translation>Adresse für {kind}</translation>
    </message>
    <message>
        <source>Port for {kind}</source>
        <translation>Port für {kind}</translation>
    </message>
    <message>
        <source> Hz</source>
        <translation> Hz</translation>
    </message>
    <message>
        <source>Nothing leaves this machine unless you name another address. Avatars get poses at a steady rate, turned between frames; the others one for each frame.</source>
        <translation>Nichts verlässt diesen Rechner, solange keine andere Adresse genannt wird. Avatare bekommen Posen in stetigem Takt, zwischen den Bildern gedreht; die anderen eine je Bild.</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Senden</translation>
    </message>
    <message>
        <source>Calibrate on a T-pose</source>
        <translation>An einer T-Pose kalibrieren</translation>
    </message>
    <message>
        <source>Avatars, poses per second</source>
        <translation>Avatare, Posen je Sekunde</translation>
    </message>
    <message>
        <source>Stand like this when the time is over, and hold it for a moment: it becomes the avatar&apos;s own pose.</source>
        <translation>So dastehen, wenn die Zeit um ist, und einen Augenblick halten: daraus wird die eigene Pose des Avatars.</translation>
    </message>
    <message>
        <source>Time to get into it</source>
        <translation>Zeit dafür</translation>
    </message>
    <message>
        <source>T-pose</source>
        <translation>T-Pose</translation>
    </message>
    <message>
        <source>Looking for the address…</source>
        <translation>Die Adresse wird gesucht…</translation>
    </message>
    <message>
        <source>Nothing is sent.</source>
        <translation>Nichts wird gesendet.</translation>
    </message>
    <message>
        <source>Waiting for the first pose: play a file or open a camera.</source>
        <translation>Wartet auf die erste Pose: eine Datei abspielen oder eine Kamera öffnen.</translation>
    </message>
    <message>
        <source>{rate:.0f}/s to avatars, </source>
        <translation>{rate:.0f}/s an Avatare, </translation>
    </message>
    <message>
        <source>Sending {paced}{rate:.0f} frames/s to {targets}</source>
        <translation>Sendet {paced}{rate:.0f} Bilder/s an {targets}</translation>
    </message>
    <message>
        <source>mirrored</source>
        <translation>gespiegelt</translation>
    </message>
    <message>
        <source>A person in a T-pose: upright, both arms stretched out sideways, palms down</source>
        <translation>Ein Mensch in T-Pose: aufrecht, beide Arme seitlich ausgestreckt, Handflächen nach unten</translation>
    </message>
    <message>
        <source>● LIVE  {error}</source>
        <translation>● LIVE  {error}</translation>
    </message>
    <message>
        <source>● LIVE {kinds}  ·  {frames_hz:.0f} poses/s</source>
        <translation>● LIVE {kinds}  ·  {frames_hz:.0f} Posen/s</translation>
    </message>
    <message>
        <source>Get into the T-pose…</source>
        <translation>T-Pose einnehmen…</translation>
    </message>
    <message>
        <source>Hold it…</source>
        <translation>Halten…</translation>
    </message>
    <message>
        <source>Mean and SD need two whole repetitions, and a measure of the person.</source>
        <translation>Mittel und SD brauchen zwei ganze Wiederholungen und eine Messgröße der Person.</translation>
    </message>
    <message>
        <source>% of a repetition</source>
        <translation>% einer Wiederholung</translation>
    </message>
    <message>
        <source>Saved {path}.</source>
        <translation>{path} gespeichert.</translation>
    </message>
</context>
</TS>
