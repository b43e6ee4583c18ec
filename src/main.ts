import { http } from '@google-cloud/functions-framework';
import { handle } from './handler.ts';
import { growthbookRoles } from './targets/growthbook/job.ts';

http('growthbookRoles', handle(growthbookRoles));
