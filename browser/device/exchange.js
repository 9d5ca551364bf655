/**
 * Pure: what a device asks of whoever carries for it, and what it is told of it (spec DEV-3).
 *
 * `Device.next` answers one of the questions; whoever asked does it and tells the outcome with
 * `Device.tell`, and asks again, until the answer is `Wait`. An outcome is a value here, or the error
 * that the home node answered with: `Refused`, or `Unreachable`.
 */
export {};
