"""Run by a Python that has OpenSim: load a TRC and a MOT, run inverse kinematics on the markers, compare the angles.

    PYTHON tests/core/exporters/opensim_ik.py MARKERS.trc COORDINATES.mot FOLDER

Prints JSON: rows and columns that OpenSim sees, and per coordinate the differences between its inverse kinematics and
our MOT, degrees: median and 95th percentile. The model has the joints, axes and signs of Rajagopal 2016 that the
markers can show (pelvis, lumbar bending and rotation, hips, knees), its segments as long as the markers' medians.
"""

import json
import sys
from pathlib import Path

import numpy as np
import opensim

SIDES = (("r", "right", 1.0), ("l", "left", -1.0))
COMPARED = [f"{name}_{side}" for side in "rl" for name in ("hip_flexion", "hip_adduction", "knee_angle")]


def main() -> None:
    """Load, run, compare."""
    trc, mot, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    markers = opensim.TimeSeriesTableVec3(trc)
    ours = opensim.TimeSeriesTable(mot)
    names = list(markers.getColumnLabels())
    times = np.array(markers.getIndependentColumn())
    places = np.array(
        [
            [[v[0], v[1], v[2]] for v in (row[k] for k in range(len(names)))]
            for row in map(lambda i: markers.getRowAtIndex(i), range(markers.getNumRows()))
        ]
    )
    at = {name: places[:, k] for k, name in enumerate(names)}
    model_path, result = folder / "model.osim", folder / "ik.mot"
    model, weights = build(at)
    model.printToXML(str(model_path))
    tool = opensim.InverseKinematicsTool()
    tool.setModel(model)
    tool.setMarkerDataFileName(trc)
    tool.setStartTime(float(times[0]))
    tool.setEndTime(float(times[-1]))
    tool.setOutputMotionFileName(str(result))
    tasks = tool.getIKTaskSet()
    for name, weight in weights.items():
        task = opensim.IKMarkerTask()
        task.setName(name)
        task.setWeight(weight)
        tasks.cloneAndAppend(task)
    tool.run()
    theirs = opensim.TimeSeriesTable(str(result))
    report = {"trc": [markers.getNumRows(), len(names)], "mot": [ours.getNumRows(), ours.getNumColumns()]}
    report["in_degrees"] = ours.getTableMetaDataString("inDegrees")
    n = min(ours.getNumRows(), theirs.getNumRows())
    report["ik_rows"] = theirs.getNumRows()
    for name in COMPARED:
        a = np.array([ours.getDependentColumn(name)[i] for i in range(n)])
        b = np.array([theirs.getDependentColumn(name)[i] for i in range(n)])
        off = np.abs((a - b + 180) % 360 - 180)
        report[name] = [
            round(float(np.median(off)), 3),
            round(float(np.percentile(off, 95)), 3),
            round(float(np.ptp(a)), 1),
        ]
    print("RESULT", json.dumps(report))


def build(at: dict[str, np.ndarray]):
    """Return the model, and marker → weight."""

    def length(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.nanmedian(np.linalg.norm(a - b, axis=1)))

    model = opensim.Model()
    model.setName("markers")
    model.setGravity(opensim.Vec3(0))
    bodies = {"ground": model.getGround()}

    def body(name: str):
        made = opensim.Body(name, 1.0, opensim.Vec3(0), opensim.Inertia(0.1, 0.1, 0.1, 0, 0, 0))
        model.addBody(made)
        bodies[name] = made

    def joint(name, parent, place, child, turns, shifts=()):
        transform = opensim.SpatialTransform()
        for k, (coordinate, axis) in enumerate(turns):
            part = transform.updTransformAxis(k)
            part.setCoordinateNames(opensim.ArrayStr(coordinate, 1))
            part.setAxis(opensim.Vec3(*axis))
            part.set_function(opensim.LinearFunction(1.0, 0.0))
        used = [axis for _, axis in turns]
        for k in range(len(turns), 3):
            spare = next(e for e in ((1, 0, 0), (0, 1, 0), (0, 0, 1)) if not any(abs(np.dot(e, u)) > 0.9 for u in used))
            used.append(spare)
            transform.updTransformAxis(k).setAxis(opensim.Vec3(*spare))
            transform.updTransformAxis(k).set_function(opensim.Constant(0.0))
        for k in range(3 + len(shifts), 6):
            transform.updTransformAxis(k).set_function(opensim.Constant(0.0))
        for k, coordinate in enumerate(shifts):
            part = transform.updTransformAxis(3 + k)
            part.setCoordinateNames(opensim.ArrayStr(coordinate, 1))
            part.set_function(opensim.LinearFunction(1.0, 0.0))
        made = opensim.CustomJoint(
            name,
            bodies[parent],
            opensim.Vec3(*place),
            opensim.Vec3(0),
            bodies[child],
            opensim.Vec3(0),
            opensim.Vec3(0),
            transform,
        )
        model.addJoint(made)

    def marker(name, on, place):
        model.addMarker(opensim.Marker(name, bodies[on], opensim.Vec3(*place)))

    z, x, y = (0, 0, 1), (1, 0, 0), (0, 1, 0)
    body("pelvis")
    joint(
        "ground_pelvis",
        "ground",
        (0, 0, 0),
        "pelvis",
        [("pelvis_tilt", z), ("pelvis_list", x), ("pelvis_rotation", y)],
        ["pelvis_tx", "pelvis_ty", "pelvis_tz"],
    )
    body("torso")
    joint("back", "pelvis", (0, 0, 0), "torso", [("lumbar_bending", x), ("lumbar_rotation", y)])
    hips = length(at["left_hip"], at["right_hip"]) / 2
    shoulders = length(at["left_shoulder"], at["right_shoulder"]) / 2
    trunk = length((at["left_shoulder"] + at["right_shoulder"]) / 2, (at["left_hip"] + at["right_hip"]) / 2)
    weights = {}
    for side, name, sign in SIDES:
        thigh, shin = length(at[f"{name}_hip"], at[f"{name}_knee"]), length(at[f"{name}_knee"], at[f"{name}_ankle"])
        body(f"femur_{side}")
        body(f"tibia_{side}")
        # Rajagopal 2016: flexion about z, adduction about x and rotation about y, mirrored on the left
        joint(
            f"hip_{side}",
            "pelvis",
            (0, 0, sign * hips),
            f"femur_{side}",
            [
                (f"hip_flexion_{side}", z),
                (f"hip_adduction_{side}", (sign, 0, 0)),
                (f"hip_rotation_{side}", (0, sign, 0)),
            ],
        )
        joint(f"knee_{side}", f"femur_{side}", (0, -thigh, 0), f"tibia_{side}", [(f"knee_angle_{side}", (0, 0, -1))])
        marker(f"{name}_hip", "pelvis", (0, 0, sign * hips))
        marker(f"{name}_shoulder", "torso", (0, trunk, sign * shoulders))
        marker(f"{name}_knee", f"femur_{side}", (0, -thigh, 0))
        marker(f"{name}_ankle", f"tibia_{side}", (0, -shin, 0))
        weights |= {f"{name}_{part}": 10.0 for part in ("hip", "knee", "ankle")} | {f"{name}_shoulder": 5.0}
    model.finalizeConnections()
    for side, _, _ in SIDES:  # a knee does not bend forward, and neither may the solver begin there
        knee = model.updCoordinateSet().get(f"knee_angle_{side}")
        knee.setRangeMin(0.0)
        knee.setRangeMax(2.8)
        knee.setDefaultClamped(True)
        knee.setDefaultValue(0.3)
    return model, weights


if __name__ == "__main__":
    main()
